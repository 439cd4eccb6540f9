import type { CloseInfo, SocketData } from './options'

/** The WebSocket of one connection: the parts that are used here. */
export interface PhysicalSocket {
  binaryType: string
  readonly readyState: number
  readonly bufferedAmount: number
  readonly extensions: string
  readonly protocol: string
  send(data: SocketData): void
  close(code?: number, reason?: string): void
  addEventListener(type: string, listener: (event: PhysicalEvent) => void): void
}

export type PhysicalEvent = CloseInfo & { readonly data: unknown; readonly origin?: string; readonly error?: unknown }

/** Nobody said goodbye. */
export const broken: CloseInfo = { code: 1006, reason: '', wasClean: false }

/** Close codes by which the two do not understand each other, and would not the next time (RFC 6455, 7.4.1). */
export const finalCodes = [1002, 1003, 1007, 1008, 1010]

/** The platform's own event where it has one: Node has `CloseEvent` since version 23. */
export const closeEvent = (how: CloseInfo): Event =>
  typeof CloseEvent === 'function' ? new CloseEvent('close', how) : Object.assign(new Event('close'), how)

/** A plain event, as those of the platform's WebSocket are, that says why in the words of an `ErrorEvent`. */
export const errorEvent = (error: unknown): Event =>
  Object.assign(new Event('error'), { error, message: String((error as Error).message) })
