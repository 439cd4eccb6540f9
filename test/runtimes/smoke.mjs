/** What is tried in every runtime, by this very file: it imports the package by name, so that the runtime picks the build. */
import { createClient } from 'everwire'
import { ReconnectingWebSocket } from 'everwire/socket'
import { equal, until, within } from './support.mjs'

/** @returns for each step `true`, or what went wrong */
export async function smoke(base) {
  const results = {}
  const step = async (name, run) => {
    results[name] = await within(run()).then(
      () => true,
      (error) => String(error?.message ?? error),
    )
  }
  await overWebSocket(`${base}/realtime`, step)
  await step('long-polling', () => overPolling(`${base}/realtime`))
  await step('everwire/socket', () => dropIn(`${base.replace('http', 'ws')}/echo`))
  return results
}

async function overWebSocket(url, step) {
  const client = createClient({ url })
  const room = join(client, 'room:websocket')
  await step('connect', () => connected(client, 'websocket'))
  await step('subscribe', room.joined)
  await step('publish', room.publish)
  await step('request', room.request)
  await step('drop and resume', room.resume)
  client.close()
}

async function overPolling(url) {
  const client = createClient({ url, transports: ['polling'] })
  try {
    const room = join(client, 'room:polling')
    await connected(client, 'polling')
    await room.joined()
    await room.publish()
    await room.request()
    await room.resume()
  } finally {
    client.close()
  }
}

const connected = async (client, transport) => {
  client.connect()
  await until(client, ({ status, transport: by }) => status === 'connected' && by === transport)
}

function join(client, name) {
  const room = client.channel(name)
  const heard = []
  const gaps = []
  const listeners = new Set()
  const tell = () => {
    for (const listener of listeners) listener()
  }
  const events = {
    get state() {
      return heard.length
    },
    watch(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  room.on('text', (data, { offset, own }) => {
    heard.push({ data, offset, own })
    tell()
  })
  room.on('bytes', (data, { offset, own }) => {
    heard.push({ data: [...data], offset, own })
    tell()
  })
  room.onGap((gap) => gaps.push(gap))

  /** The whole of what was heard, in order. */
  async function expectHeard(data, own) {
    await until(events, (count) => count >= data.length)
    equal(
      heard.splice(0).map((event) => [event.data, event.own]),
      data.map((one) => [one, own]),
    )
    equal(gaps, [])
  }

  return {
    joined: () => until(room, ({ status }) => status === 'joined'),
    async publish() {
      const first = await room.publish('text', { text: 'grüß dich' })
      const second = await room.publish('bytes', new Uint8Array([0, 1, 255]))
      equal(second.offset - first.offset, 1)
      await expectHeard([{ text: 'grüß dich' }, [0, 1, 255]], true)
    },
    async request() {
      equal(await room.request('add', { a: 40, b: 2 }), { sum: 42 })
    },
    /** The server cuts every connection and publishes before anyone can be back; the client has to hear it all, once. */
    async resume() {
      const runs = await room.request('cut', { texts: ['one', 'two', 'three'] })
      await expectHeard(['one', 'two', 'three'], false)
      equal(runs, 1)
      await until(client, ({ status }) => status === 'connected')
      equal(await room.request('add', { a: 1, b: 2 }), { sum: 3 })
    },
  }
}

/** The drop-in against a server that knows nothing of everwire. */
async function dropIn(url) {
  const socket = new ReconnectingWebSocket(url)
  const next = (type) => new Promise((resolve) => socket.addEventListener(type, resolve, { once: true }))
  try {
    await next('open')
    socket.send('hello')
    equal((await next('message')).data, 'hello')
    const closed = next('close')
    socket.send('hang up')
    equal((await closed).code, 1006)
    socket.send('waited')
    equal((await next('message')).data, 'waited')
    const ended = next('close')
    socket.close(1000)
    equal((await ended).code, 1000)
    equal(socket.readyState, 3)
  } finally {
    socket.close()
  }
}
