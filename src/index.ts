import { clientFor } from './create'
import { defaultEnvironment } from './environment/default'

/**
 * A client: one session over WebSocket or long-polling, whichever works. It connects when the first channel is listened to or the
 * first message is sent.
 *
 * @example
 * const client = createClient<Chat>({ url: 'https://example.com/realtime' })
 * const room = client.channel('room:42')
 * room.on('message', (data) => console.log(data.text))
 * await room.publish('message', { from: 'me', text: 'hi' })
 *
 * @throws EverwireError `invalid`, at the first use and not at once, if the URL is none
 */
export const createClient = clientFor(defaultEnvironment)

export type * from './client/api'
export type * from './client/register'
export type * from './client/types'
export * from './shared/exports'
