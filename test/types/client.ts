// Compiled, never run: right programs compile, wrong ones do not.
import { createClient, type EverwireError } from 'everwire'

interface Message {
  from: string
  text: string
}
interface Chat {
  'room:{id}': {
    events: { message: Message; typing: { from: string }; pixels: Uint8Array }
    requests: { history: (input: { limit: number }) => Message[]; count: () => Promise<number> }
  }
  'room:{id}:admin': { events: { ban: { user: string } } }
  'room:lobby': { events: { news: string } }
  status: { events: { up: boolean } }
}
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const same = <_T extends true>() => {}

const client = createClient<Chat>({ url: '/realtime', auth: async () => 'token' })
const room = client.channel('room:42')

// inference without annotations
room.on('message', (data, info) => {
  same<Same<typeof data, Message>>()
  same<Same<typeof info.offset, number>>()
})
const sent = room.publish('message', { from: 'me', text: 'hi' }, { timeout: 5000 })
same<Same<typeof sent.id, number>>()
sent.then(({ offset }) => same<Same<typeof offset, number>>())
const now = room.publish('typing', { from: 'me' }, { volatile: true })
same<Same<typeof now, boolean>>()
room.request('history', { limit: 5 }).then((list) => same<Same<typeof list, Message[]>>())
for await (const { data } of room.events('message')) same<Same<typeof data, Message>>()
client.channel('room:lobby').on('news', (data) => same<Same<typeof data, string>>())
client.channel('room:1:admin').on('ban', ({ user }) => same<Same<typeof user, string>>())
client.channel('room:{id}', { params: { id: String(7) } }).on('typing', ({ from }) => from.trim())
room.onGap(({ reason, missed }) => [reason === 'epoch', missed])
room.onDrop(({ code, retryAt }) => [code, retryAt])
room.watch((state) => state.status === 'denied' && state.code)
client.watch(({ status, transport, error }) => [status === 'waiting', transport === 'polling', error?.code])
client.ready().catch((error: EverwireError) => error.outcome)

createClient({ url: 'https://example.com/realtime', unref: true })

// wrong channels
// @ts-expect-error no such channel
client.channel('rooms:42')
// @ts-expect-error a pattern needs its parameters
client.channel('room:{id}', { params: {} })
// @ts-expect-error an unknown parameter
client.channel('room:{id}', { params: { id: '7', extra: '8' } })

// wrong events and payloads
// @ts-expect-error no such event
room.on('massage', () => {})
// @ts-expect-error the listener takes something else
room.on('message', (data: { text: number }) => data)
// @ts-expect-error a field is missing
room.publish('message', { from: 'me' })
// @ts-expect-error bytes are asked for
room.publish('pixels', 'text')
// @ts-expect-error a misspelt option
room.publish('message', { from: 'me', text: 'hi' }, { timeOut: 5 })
// @ts-expect-error the lobby has no such event
client.channel('room:lobby').publish('message', { from: 'me', text: 'hi' })

// wrong requests
// @ts-expect-error no such request
room.request('histroy', { limit: 5 })
// @ts-expect-error the input is something else
room.request('history', { limit: '5' })
// @ts-expect-error a channel without requests has none
client.channel('status').request('history', { limit: 5 })

// states are for reading
// @ts-expect-error
client.state.status = 'closed'
// @ts-expect-error
createClient<Chat>({})
// @ts-expect-error yes or no
createClient({ url: '/realtime', unref: 'yes' })

// without a contract: any name, and data of which nothing is known
const free = createClient({ url: 'https://example.com/realtime' }).channel('anything')
free.on('whatever', (data) => same<Same<typeof data, unknown>>())
free.publish('whatever', { any: 'thing' })
free.request('some', 1).then((answer) => same<Same<typeof answer, unknown>>())
