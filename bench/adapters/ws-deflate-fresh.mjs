/** The same without a memory: each message is compressed by itself. */
import { compressing } from './ws-deflate.mjs'

export default compressing('the same, each message by itself', { serverNoContextTakeover: true })
