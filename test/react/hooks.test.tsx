// @vitest-environment happy-dom
import { act, screen, waitFor } from '@testing-library/react'
import type { Client, EventInfo, GapInfo } from 'everwire'
import {
  type ChannelEventsOptions,
  RealtimeProvider,
  type ReceivedEvent,
  useChannel,
  useChannelEvents,
  useChannelState,
  useClient,
  useConnection,
  useEvent,
  useGap,
} from 'everwire/react'
import { Activity, StrictMode, startTransition, useLayoutEffect, useState, version } from 'react'
import { renderToString } from 'react-dom/server'
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest'
import { collect, until } from '../support/client'
import type { Chat } from '../support/server'
import { fakeClient } from './fake-client'
import { connect, mount, type Room, startPair } from './render'

type List = readonly ReceivedEvent<{ text: string }>[]

/** Shows the texts of a room, and notes each list it was given. */
function Texts({ room, seen, ...options }: { room: Room; seen?: List[] } & ChannelEventsOptions) {
  const list = useChannelEvents(room, 'message', options)
  seen?.push(list)
  return (
    <ol>
      {list.map(({ key, data, gap }) => (
        <li key={key}>{gap ? `(${gap.reason}) ${data.text}` : data.text}</li>
      ))}
    </ol>
  )
}

const texts = () => screen.queryAllByRole('listitem').map(({ textContent }) => textContent)
const shows = (expected: readonly string[]) => waitFor(() => expect(texts()).toEqual(expected), { timeout: 10_000 })
const count = (to: number) => Array.from({ length: to }, (_, i) => `${i}`)
const joined = (client: Client<Chat>, room: Room) => until(client.channel(room), ({ status }) => status === 'joined')

test('the tests run with the version of React they are meant for', ({ task }) => {
  expect(version).toMatch(task.file.projectName === 'react-18' ? /^18\./ : /^19\./)
})

describe('useChannelEvents', () => {
  test('drops nothing of a burst and keeps its order, each event under a key of its own', async () => {
    const { client, say } = await startPair()
    const seen: List[] = []
    mount(client, <Texts room="room:1" seen={seen} limit={2000} />)
    await joined(client, 'room:1')
    await Promise.all(count(1500).map((text) => say('room:1', text)))
    await shows(count(1500))
    const last = seen.at(-1)!
    expect(last.map(({ info }) => info.offset)).toEqual(count(1500).map((n) => Number(n) + 1))
    expect(new Set(last.map(({ key }) => key)).size).toBe(1500)
  })

  test('renders once for all events that come in one turn', () => {
    const { client, emit } = fakeClient()
    const seen: List[] = []
    mount(client, <Texts room="room:1" seen={seen} limit={100} />)
    const before = seen.length
    act(() => {
      for (const text of count(10_000)) emit('message', { text })
    })
    expect(seen.length).toBe(before + 1)
    expect(texts()).toEqual(count(10_000).slice(-100))
  })

  test('keeps the newest up to the limit, which may change while it runs', () => {
    const { client, emit } = fakeClient()
    const send = (from: number, to: number) =>
      act(() => {
        for (let n = from; n < to; n++) emit('message', { text: `${n}` })
      })
    const { rerender } = mount(client, <Texts room="room:1" limit={3} />)
    send(0, 50)
    expect(texts()).toEqual(['47', '48', '49'])
    rerender(<Texts room="room:1" limit={5} />)
    expect(texts().slice(-3)).toEqual(['47', '48', '49'])
    send(50, 60)
    expect(texts()).toEqual(['55', '56', '57', '58', '59'])
    rerender(<Texts room="room:1" limit={1} />)
    expect(texts()).toEqual(['59'])
    rerender(<Texts room="room:1" limit={0} />)
    expect(texts()).toEqual([])
  })

  test('gives the same array until an event comes, and never changes one it has given', () => {
    const { client, emit } = fakeClient()
    const seen: List[] = []
    const { rerender } = mount(client, <Texts room="room:1" seen={seen} />)
    act(() => emit('message', { text: 'a' }))
    const first = seen.at(-1)!
    rerender(<Texts room="room:1" seen={seen} />)
    expect(seen.at(-1)).toBe(first)
    act(() => emit('message', { text: 'b' }))
    expect(seen.at(-1)).not.toBe(first)
    expect(first.map(({ data }) => data.text)).toEqual(['a'])
    expect(seen.at(-1)![0]).toBe(first[0])
  })

  test('is empty when the channel changes, and takes nothing that was under way for the old one', async () => {
    const { client, say } = await startPair()
    const seen: List[] = []
    const { rerender } = mount(client, <Texts room="room:1" seen={seen} />)
    await joined(client, 'room:1')
    await say('room:1', 'old')
    await shows(['old'])
    const underWay = Promise.all(count(200).map((text) => say('room:1', text)))
    const before = seen.length
    rerender(<Texts room="room:2" seen={seen} />)
    expect(seen[before]).toEqual([])
    await underWay
    await joined(client, 'room:2')
    await say('room:2', 'new')
    await shows(['new'])
    expect(
      seen
        .slice(before)
        .flat()
        .map(({ data }) => data.text),
    ).toEqual(['new'])
  })

  test('is rewound, also if another component of the same page listens first', async () => {
    const { client, say } = await startPair()
    for (const text of ['a', 'b', 'c']) await say('room:1', text)
    const Listening = () => {
      useEvent('room:1', 'message', () => {})
      return null
    }
    mount(
      client,
      <>
        <Listening />
        <Texts room="room:1" rewind={2} />
      </>,
    )
    await shows(['b', 'c'])
  })

  test('joins as it is, without failing, a channel that was joined with another rewind', async () => {
    const { client, say } = await startPair()
    await say('room:1', 'a')
    const { rerender } = mount(client, <Texts room="room:1" rewind={1} />)
    await shows(['a'])
    rerender(
      <>
        <Texts room="room:1" rewind={1} />
        <Texts room="room:1" rewind={50} />
      </>,
    )
    await say('room:1', 'b')
    await shows(['a', 'b', 'b'])
  })

  test('doubles nothing when the channel is left and joined again', async () => {
    const { client, say } = await startPair()
    mount(client, <Texts room="room:1" rewind={10} />)
    await joined(client, 'room:1')
    await say('room:1', 'a')
    await say('room:1', 'b')
    await shows(['a', 'b'])
    client.channel('room:1').leave()
    onTestFinished(client.channel('room:1').on('message', () => {}))
    await say('room:1', 'c')
    await shows(['a', 'b', 'c'])
  })

  // React 18 has no such thing
  if (Activity) {
    test('doubles nothing when it was hidden until its channel was left, and shows what has come since', async () => {
      const { client, say } = await startPair()
      const page = (mode: 'visible' | 'hidden') => (
        <Activity mode={mode}>
          <Texts room="room:1" rewind={10} />
        </Activity>
      )
      const { rerender } = mount(client, page('visible'))
      await joined(client, 'room:1')
      await say('room:1', 'a')
      await shows(['a'])
      rerender(page('hidden'))
      await until(client.channel('room:1'), ({ status }) => status === 'idle')
      await say('room:1', 'b')
      rerender(page('visible'))
      await shows(['a', 'b'])
    })
  }

  test('marks the event before which others are missing, and tells apart offsets that come twice', async () => {
    const { server, client, say } = await startPair()
    mount(client, <Texts room="room:1" />)
    await joined(client, 'room:1')
    await say('room:1', 'a')
    await shows(['a'])
    const gap = new Promise((resolve) => client.channel('room:1').onGap(resolve))
    await server.forget() // offsets begin at 1 again
    await gap
    await server.realtime.publish('room:1', 'message', { text: 'b' })
    await server.realtime.publish('room:1', 'message', { text: 'c' })
    await shows(['a', '(epoch) b', 'c'])
  })

  test('moves to another client', async () => {
    const one = await startPair()
    const two = await startPair()
    const seen: List[] = []
    const { rerender } = mount(one.client, <Texts room="room:1" seen={seen} />)
    await joined(one.client, 'room:1')
    await one.say('room:1', 'one')
    await shows(['one'])
    rerender(
      <RealtimeProvider client={two.client}>
        <Texts room="room:1" seen={seen} />
      </RealtimeProvider>,
    )
    expect(texts()).toEqual([])
    await joined(two.client, 'room:1')
    await two.say('room:1', 'two')
    await shows(['two'])
    // the old one is left, after its while
    await until(one.client.channel('room:1'), ({ status }) => status === 'idle')
  })
})

describe('StrictMode', () => {
  test('connects once, joins once, shows each event once', async () => {
    const { client, say, connected, joined: joins } = await startPair()
    const heard: string[] = []
    const Heard = () => {
      useEvent('room:1', 'message', ({ text }) => void heard.push(text))
      return <p>{useConnection().status}</p>
    }
    mount(
      client,
      <StrictMode>
        <Texts room="room:1" />
        <Heard />
      </StrictMode>,
    )
    await joined(client, 'room:1')
    await say('room:1', 'a')
    await say('room:1', 'b')
    await shows(['a', 'b'])
    expect(heard).toEqual(['a', 'b'])
    await screen.findByText('connected')
    expect(connected).toHaveLength(1)
    expect(joins).toEqual(['room:1'])
  })
})

describe('unmounting', () => {
  test('before the channel has been joined leaves it', async () => {
    const { client, connected } = await startPair()
    const { unmount } = mount(client, <Texts room="room:1" />)
    expect(client.channel('room:1').state.status).toBe('joining')
    unmount()
    await until(client.channel('room:1'), ({ status }) => status === 'idle')
    expect(connected).toHaveLength(1)
  })

  test('while events are under way updates nothing any more', async () => {
    const { client, say } = await startPair()
    const seen: List[] = []
    const { unmount } = mount(client, <Texts room="room:1" seen={seen} />)
    await joined(client, 'room:1')
    const all = collect<string>()
    onTestFinished(client.channel('room:1').on('message', ({ text }) => all.push(text)))
    const sent = Promise.all(count(100).map((text) => say('room:1', text)))
    unmount()
    const before = seen.length
    await sent
    await all.take(100)
    expect(seen.length).toBe(before)
  })

  test('and mounting again within a second joins only once', async () => {
    const { client, joined: joins, say } = await startPair()
    const { rerender } = mount(client, <Texts room="room:1" />)
    await joined(client, 'room:1')
    rerender(<p>something else</p>)
    rerender(<Texts room="room:1" />)
    await say('room:1', 'a')
    await shows(['a'])
    expect(joins).toEqual(['room:1'])
  })
})

describe('useEvent', () => {
  test('calls the latest handler, also one that was only just rendered, without subscribing anew', () => {
    const { client, emit, subscriptions } = fakeClient()
    const heard: string[] = []
    const Counter = ({ name }: { name: string }) => {
      useEvent('room:1', 'message', ({ text }, info: EventInfo) => void heard.push(`${name} ${text} ${info.offset}`))
      return null
    }
    const { rerender } = mount(client, <Counter name="first" />)
    emit('message', { text: 'a' })
    rerender(<Counter name="second" />)
    emit('message', { text: 'b' })
    expect(heard).toEqual(['first a 1', 'second b 2'])
    expect(subscriptions()).toBe(1)
  })

  test('calls the new handler as soon as what is on the page is new', () => {
    const { client, emit } = fakeClient()
    const heard: string[] = []
    const Page = ({ name }: { name: string }) => {
      useEvent('room:1', 'message', () => void heard.push(name))
      useLayoutEffect(() => emit('message', null))
      return null
    }
    const { rerender } = mount(client, <Page name="first" />) // not subscribed yet when it is laid out
    rerender(<Page name="second" />)
    expect(heard).toEqual(['second'])
  })

  test('calls no handler of a rendering that was given up', () => {
    const { client, emit } = fakeClient()
    const heard: string[] = []
    const never = new Promise<never>(() => {})
    const Counter = ({ name }: { name: string }) => {
      useEvent('room:1', 'message', () => void heard.push(name))
      if (name === 'second') throw never
      return null
    }
    let show = (_: string) => {}
    const Page = () => {
      const [name, setName] = useState('first')
      show = setName
      return <Counter name={name} />
    }
    mount(client, <Page />)
    act(() => startTransition(() => show('second')))
    emit('message', { text: 'a' })
    expect(heard).toEqual(['first'])
  })
})

describe('useGap', () => {
  test('tells of a gap and subscribes to nothing', () => {
    const { client, gap, subscriptions } = fakeClient()
    const gaps: GapInfo[] = []
    const Gaps = () => {
      useGap('room:1', (info) => void gaps.push(info))
      return null
    }
    const { unmount } = mount(client, <Gaps />)
    gap({ reason: 'trimmed', missed: 7 })
    unmount()
    gap({ reason: 'trimmed', missed: 8 })
    expect(gaps).toEqual([{ reason: 'trimmed', missed: 7 }])
    expect(subscriptions()).toBe(0)
  })
})

describe('useChannel', () => {
  test('publishes and asks by the same functions on every rendering, and subscribes to nothing', async () => {
    const { client, joined: joins } = await startPair()
    const seen: unknown[] = []
    let room: ReturnType<typeof useChannel<Room>> | undefined
    const Sender = ({ name }: { name: Room }) => {
      room = useChannel(name)
      seen.push(room.publish, room.request)
      return null
    }
    const { rerender } = mount(client, <Sender name="room:1" />)
    rerender(<Sender name="room:1" />)
    expect(new Set(seen).size).toBe(2)
    expect(await room!.publish('message', { text: 'a' })).toMatchObject({ offset: 1 })
    expect(await room!.request('history', { limit: 2 })).toEqual(['line 0', 'line 1'])
    expect(room!.publish('typing', { from: 'me' }, { volatile: true })).toBe(true)
    rerender(<Sender name="room:2" />)
    expect(new Set(seen).size).toBe(4)
    expect(joins).toEqual([])
  })
})

describe('useChannelState', () => {
  const State = ({ room }: { room: Room | `secret:${string}` }) => {
    const state = useChannelState(room)
    return <p>{state.status === 'denied' ? state.code : state.status}</p>
  }

  test('shows a join, and subscribes to nothing itself', async () => {
    const { client } = await startPair()
    const { rerender } = mount(client, <State room="room:1" />)
    expect(screen.getByText('idle')).toBeTruthy()
    rerender(
      <>
        <State room="room:1" />
        <Texts room="room:1" />
      </>,
    )
    await screen.findByText('joined')
  })

  test('shows a refusal', async () => {
    const { client } = await startPair()
    mount(client, <State room="secret:1" />)
    act(() => void onTestFinished(client.channel('secret:1').on('message', () => {})))
    await screen.findByText('forbidden')
  })
})

describe('useConnection', () => {
  test('follows the connection, from connecting to closed', async () => {
    const { client } = await startPair()
    const seen: string[] = []
    const Badge = () => {
      const { status, transport } = useConnection()
      seen.push(status)
      return <p>{`${status} ${transport ?? ''}`}</p>
    }
    mount(client, <Badge />)
    expect(screen.getByText('idle')).toBeTruthy()
    act(() => client.connect())
    await screen.findByText('connected websocket')
    act(() => client.close())
    await screen.findByText('closed')
    expect(seen).toEqual(expect.arrayContaining(['idle', 'connecting', 'connected', 'closed']))
  })
})

test('hooks without a provider say what is missing', () => {
  const Lost = () => <>{useClient().state.status}</>
  expect(() => renderToString(<Lost />)).toThrow(/put a <RealtimeProvider>/)
})

test('a client that is used by two trees serves both', async () => {
  const { server } = await startPair()
  const client = connect(server.url)
  mount(client, <Texts room="room:1" />)
  mount(client, <Texts room="room:1" />)
  await joined(client, 'room:1')
  await server.realtime.publish('room:1', 'message', { text: 'a' })
  await shows(['a', 'a'])
})

test('the hooks know the contract that the app has registered', () => {
  type Message = ReceivedEvent<{ text: string }>
  expectTypeOf(useChannelEvents<'room:1', 'message'>).returns.toEqualTypeOf<readonly Message[]>()
  expectTypeOf(useEvent<'room:1', 'typing'>)
    .parameter(2)
    .parameter(0)
    .toEqualTypeOf<{ from: string }>()
  expectTypeOf(useChannel<'secret:1'>)
    .returns.toHaveProperty('publish')
    .parameter(0)
    .toEqualTypeOf<'message'>()
  expectTypeOf(useChannelState).parameter(0).toEqualTypeOf<Room | `secret:${string}`>()
  // @ts-expect-error no event of that name
  type Misspelt = typeof useChannelEvents<'room:1', 'massage'>
  expectTypeOf<Misspelt>().not.toBeAny()
})
