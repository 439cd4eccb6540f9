import type { IncomingMessage } from 'node:http'
import type { Host } from '../hosts'
import type { BodyFailure } from '../http'

/** The body as text, or why there is none. */
export type Body = { readonly text: string } | BodyFailure | 'cut_off'

/** Reads a body within its bounds of size and time. `done` is called once. */
export function readBody(
  request: IncomingMessage,
  { batchBytes, bodyMs }: Pick<Host, 'batchBytes' | 'bodyMs'>,
  done: (body: Body) => void,
): void {
  const chunks: Buffer[] = []
  let size = 0
  const timer = setTimeout(() => end('late'), Math.min(bodyMs, 2 ** 31 - 1)).unref()

  const onData = (chunk: Buffer) => {
    size += chunk.length
    if (size > batchBytes) end('too_big')
    else chunks.push(chunk)
  }
  const onEnd = () => end(textOf(Buffer.concat(chunks, size)))
  const onClose = () => end('cut_off')

  function end(body: Body): void {
    clearTimeout(timer)
    // nothing of this is to be kept as long as the request is
    request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose).on('error', ignore)
    done(body)
  }

  request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
}

function ignore(): void {}

function textOf(body: Buffer): Body {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(body) }
  } catch {
    return 'no_text'
  }
}
