// Compiled, never run: a kit is typed like the client and the server it is made of.
import type { Client } from 'everwire'
import { createTestKit } from 'everwire/testing'

interface Message {
  from: string
  text: string
}
interface Chat {
  'room:{id}': {
    events: { message: Message }
    requests: { history: (input: { limit: number }) => Message[] }
  }
}
interface User {
  id: string
}
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <_T extends true>() => {}

const kit = createTestKit<Chat, User>({
  authenticate: ({ token }) => ({ id: String(token) }),
  channels: {
    'room:{id}': {
      publish: ({ user, params, data }) => {
        same<Same<typeof user, User>>()
        same<Same<typeof params.id, string>>()
        return { ...data, from: user.id }
      },
    },
  },
})
const client = kit.client({ auth: () => 'ada' })
same<Same<typeof client, Client<Chat>>>()
const room = client.channel('room:1')

// settle gives what the promise gives
const accepted = await kit.settle(room.publish('message', { from: 'me', text: 'hi' }))
same<Same<typeof accepted.offset, number>>()
const list = await kit.settle(room.request('history', { limit: 5 }))
same<Same<typeof list, Message[]>>()
const nothing = await kit.settle()
same<Same<typeof nothing, void>>()

kit.server.publish('room:1', 'message', { from: 'server', text: 'hi' }).then(({ offset }) => offset.toFixed())
kit.network.of(client).blockWebSocket('hang')

// @ts-expect-error no such event
kit.server.publish('room:1', 'massage', { from: 'server', text: 'hi' })
// @ts-expect-error a field is missing
kit.server.publish('room:1', 'message', { from: 'server' })
// @ts-expect-error no such channel
kit.server.unsubscribe({ channel: 'rooms:1' })
// @ts-expect-error the kit knows its URL
kit.client({ url: 'http://localhost' })
// @ts-expect-error no such way to block it
kit.network.blockWebSocket('never')
// @ts-expect-error no such channel in the contract
createTestKit<Chat>({ channels: { 'rooms:{id}': {} } })
// @ts-expect-error a seed is a number
createTestKit<Chat>({}, { seed: 'one' })
