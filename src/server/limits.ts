import { EverwireError } from '../shared/errors'

/** Every bound of the server. Bytes are bytes of serialised text; `Infinity` switches a bound off. */
export interface ServerLimits {
  /** Largest single send or event, bytes. Default 65,536. */
  messageBytes: number
  /** Largest WebSocket message or HTTP body, bytes. Default 262,144. */
  batchBytes: number
  /** Most frames in one. Default 256. */
  batchFrames: number
  /** Deepest nesting of JSON. Default 64. */
  depth: number
  /** Most channels of one client over WebSocket. Default 512. */
  channels: number
  /** Most channels of one client over long-polling. Default 128. */
  pollingChannels: number
  /** Most sends of one client without an outcome. Default 1,024. */
  unsettled: number
  /** Most bytes of them. Default 1,000,000. */
  unsettledBytes: number
  /** Sends per second and client; resends do not count. Default 200. */
  sendsPerSecond: number
  /** How many may come at once. Default 1,024. */
  sendBurst: number
  /** Bytes of sends per second and client. Default 4,000,000. */
  sendBytesPerSecond: number
  /** How many may come at once. Default 16,000,000. */
  sendBytesBurst: number
  /** Subscribes per second and client; those that come with a hello do not count. Default 50. */
  subscribesPerSecond: number
  /** How many may come at once. Default 200. */
  subscribeBurst: number
  /** Frames of any kind per second and WebSocket; whoever sends more is sent away for good. Default 5,000, far above what a client needs. */
  framesPerSecond: number
  /** How many may come at once. Default 20,000. */
  frameBurst: number
  /** Open connections, both transports together. Default Infinity. */
  connections: number
  /** Connections from one address, or from one /64 of IPv6. Default Infinity; behind proxies set `proxies`, too, or all come from one. */
  connectionsPerAddress: number
  /** Hellos that wait for `authenticate` at a time; others are told to come a little later. Default 1,000. */
  greetings: number
  /** Sessions remembered while they have no connection; those away for longest are forgotten first. Default 20,000. */
  sessions: number
  /** Longest wait for a hello, ms. Default 5,000. */
  helloMs: number
  /** What a client may send before it is welcomed, bytes. Default 65,536. */
  helloBytes: number
  /** Longest token, bytes. Default 8,192. */
  tokenBytes: number
  /** How long a client may take to send the body of an exchange, ms. Default 10,000. */
  bodyMs: number
  /** How long it may take to read the answer, ms. Default 20,000. */
  answerMs: number
  /** How long `authenticate`, `subscribe` and `publish` hooks may take, ms. Default 5,000. */
  hookMs: number
  /** Above so many unsent bytes a connection gets no events until it has drained; then it catches up from history. Default 262,144. */
  bufferedBytes: number
  /** Above so many it is closed as slow. Default 4,194,304. */
  bufferedBytesHard: number
  /** Largest answer to a poll, bytes. Default 262,144. */
  answerBytes: number
  /** Most frames in it. Default 500. */
  answerFrames: number
  /** Events of all channels in memory, bytes. Default 64,000,000. */
  historyBytes: number
}

const defaults: Readonly<ServerLimits> = Object.freeze({
  messageBytes: 65_536,
  batchBytes: 262_144,
  batchFrames: 256,
  depth: 64,
  channels: 512,
  pollingChannels: 128,
  unsettled: 1_024,
  unsettledBytes: 1_000_000,
  sendsPerSecond: 200,
  sendBurst: 1_024,
  sendBytesPerSecond: 4_000_000,
  sendBytesBurst: 16_000_000,
  subscribesPerSecond: 50,
  subscribeBurst: 200,
  framesPerSecond: 5_000,
  frameBurst: 20_000,
  connections: Number.POSITIVE_INFINITY,
  connectionsPerAddress: Number.POSITIVE_INFINITY,
  greetings: 1_000,
  sessions: 20_000,
  helloMs: 5_000,
  helloBytes: 65_536,
  tokenBytes: 8_192,
  bodyMs: 10_000,
  answerMs: 20_000,
  hookMs: 5_000,
  bufferedBytes: 262_144,
  bufferedBytesHard: 4_194_304,
  answerBytes: 262_144,
  answerFrames: 500,
  historyBytes: 64_000_000,
})

/** @throws EverwireError `invalid` for an unknown name or a value that is no positive number. */
export function limitsOf(given: Partial<ServerLimits> = {}): ServerLimits {
  const limits: ServerLimits = { ...defaults }
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(defaults, name)) throw new EverwireError('invalid', `limits.${name}: there is no such limit`)
    if (value === undefined) continue
    if (typeof value !== 'number' || !(value > 0))
      throw new EverwireError('invalid', `limits.${name}: a positive number`)
    limits[name as keyof ServerLimits] = value
  }
  // one message always fits, as base64 and with its frame around it
  limits.batchBytes = Math.max(limits.batchBytes, 1.5 * limits.messageBytes + 1_024)
  limits.answerBytes = Math.max(limits.answerBytes, 2 * limits.messageBytes + 1_024)
  return limits
}
