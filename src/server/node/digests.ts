import { createHash, createHmac } from 'node:crypto'
import type { Digests } from '../core'

/** Bun, Deno and workerd (with `nodejs_compat`) have `node:crypto`, too. */
export const nodeDigests: Digests = {
  hash: (text) => createHash('sha256').update(text).digest('base64url'),
  sign: (key, text) => createHmac('sha256', key).update(text).digest('base64url'),
}
