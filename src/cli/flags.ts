import type { Cursor } from '../protocol/frames'

export interface Flags {
  transport?: string
  token?: string
  rewind?: string
  since?: string
  count?: string
  timeout?: string
  plain?: boolean
  help?: boolean
}

/** Ends with the code for wrong usage. */
export class Misuse extends Error {}

export function whole(name: string, value: string | undefined): number | undefined {
  if (value === undefined || /^\d+$/.test(value)) return value === undefined ? undefined : Number(value)
  throw new Misuse(`--${name} is a whole number`)
}

/** What `at` says. An epoch is whatever short text the server made, so the last colon is the one that counts. */
export function position(name: string, value: string | undefined): Cursor | undefined {
  if (value === undefined) return undefined
  const [, epoch, digits] = /^(.{1,64}):(\d+)$/.exec(value) ?? []
  const offset = Number(digits)
  if (epoch && Number.isSafeInteger(offset)) return [epoch, offset]
  throw new Misuse(`--${name} is an "at" of an earlier run, <epoch>:<offset>: ${value}`)
}
