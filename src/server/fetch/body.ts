import type { Host } from '../hosts'
import type { BodyFailure } from '../http'

/** Reads a body within its bounds of size and time. Rejects if the client goes away. */
export async function readBody(
  { body }: Request,
  { batchBytes, bodyMs }: Pick<Host, 'batchBytes' | 'bodyMs'>,
): Promise<{ readonly text: string } | BodyFailure> {
  if (!body) return { text: '' }
  const reader = body.getReader()
  const chunks: Uint8Array[] = []
  let size = 0
  let failure: BodyFailure | undefined
  const stop = (why: BodyFailure) => {
    failure = why
    reader.cancel().catch(() => {})
  }
  const timer = setTimeout(() => stop('late'), Math.min(bodyMs, 2 ** 31 - 1))
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (failure) return failure
      if (done) return textOf(chunks, size)
      size += value.length
      if (size > batchBytes) stop('too_big')
      else chunks.push(value)
    }
  } finally {
    clearTimeout(timer)
  }
}

function textOf(chunks: readonly Uint8Array[], size: number): { readonly text: string } | 'no_text' {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return 'no_text'
  }
}
