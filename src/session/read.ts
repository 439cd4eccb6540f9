import type { Cursor } from '../protocol/frames'
import { EverwireError, type Outcome } from '../shared/errors'

// What a server sends is checked where it is kept or counted with; an error here ends the link.

/** @throws TypeError */
export function integer(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new TypeError('bad_frame')
  return value as number
}

/** @throws TypeError */
export function cursorOf(value: unknown): Cursor {
  const [epoch, offset] = value as [unknown, unknown]
  return [String(epoch), integer(offset)]
}

/** ms, null = never, undefined = it did not say. */
export function retryOf(value: unknown): number | null | undefined {
  return value === null || (typeof value === 'number' && value >= 0) ? value : undefined
}

/** The last three elements of a nack or a drop. */
export const refusalOf = (code: unknown, message: unknown, retry: unknown, outcome?: Outcome) =>
  new EverwireError(String(code), String(message), { outcome, retryMs: retryOf(retry) })
