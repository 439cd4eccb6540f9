/** What a server has to do on every host, as its clients see it. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { WebSocket } from 'ws'
import { createPipe } from './pipe.mjs'
import { equal, until, within } from './support.mjs'

const transports = ['websocket', 'polling']

export const behaviours = {
  async 'the app'({ base }) {
    const answer = await fetch(`${base}/hello`)
    equal([answer.status, (await answer.text()).includes('hello')], [200, true])
  },

  async connect({ connect }) {
    const client = connect()
    await isConnected(client, 'websocket')
    equal(await client.channel('room:connect').request('who', null), 'guest')
  },

  async publish({ connect }) {
    for (const transport of transports) {
      const [ann, bob] = ['ann', 'bob'].map((name) => connect({ auth: () => name, transports: [transport] }))
      const heard = listen(bob.channel(`room:publish-${transport}`))
      await heard.joined()
      await ann.channel(`room:publish-${transport}`).publish('text', 'grüß dich')
      await ann.channel(`room:publish-${transport}`).publish('bytes', new Uint8Array([0, 1, 255]))
      equal(await heard.next(2), ['grüß dich', [0, 1, 255]])
    }
  },

  async request({ connect }) {
    for (const transport of transports) {
      const room = connect({ transports: [transport], auth: () => 'ann' }).channel('room:request')
      equal(await room.request('add', { a: 40, b: 2 }), { sum: 42 })
      equal(await room.request('who', null), 'ann')
    }
  },

  'drop and resume': (host) => dropAndResume(host, 'websocket'),
  'long-polling': (host) => dropAndResume(host, 'polling'),

  /** Longer than some hosts let a request wait by themselves. */
  async hold({ base }) {
    const begun = performance.now()
    const hello = ['h', { v: 1, s: 'h'.repeat(22), g: 1, w: 12_000 }]
    const first = await post(base, [hello])
    const [, { k }] = JSON.parse((await first.text()).split('\n')[0])
    const second = await post(base, [['h', { ...hello[1], g: 2, k }]])
    equal([second.status, JSON.parse(await second.text())[0]], [200, 'i'])
    if (performance.now() - begun < 11_000) throw new Error('it was not held')
    // and one whose client goes away: `left` is to see that the server has noticed
    const controller = new AbortController()
    const third = post(base, [['h', { ...hello[1], g: 3, k, w: 25_000 }]], {}, controller.signal)
    await fetch(`${base}/hello`)
    controller.abort()
    await third.catch(() => {})
  },

  /** It does not read for a while. What it missed waits in the history, and no buffer grows beyond its bound. */
  async 'slow reader'({ connect, pipe }) {
    const name = 'room:slow'
    const heard = listen(connect({ through: pipe.port, transports: ['websocket'] }).channel(name))
    await heard.joined()
    pipe.pause()
    const room = connect({ transports: ['websocket'] }).channel(name)
    // more than the kernel buffers between the two
    const all = Array.from({ length: 500 }, (_, i) => `${i}`.padEnd(30_000, '.'))
    for (let i = 0; i < all.length; i += 20) {
      await Promise.all(all.slice(i, i + 20).map((text) => room.publish('text', text)))
    }
    pipe.resume()
    equal(await heard.next(all.length), all)
  },

  async origin({ base, socket }) {
    for (const origin of ['https://evil.example.com', 'null']) {
      equal(await socket({ origin }), 403)
      const refused = await post(base, [['h', { v: 1 }]], { origin })
      equal([refused.status, JSON.parse(await refused.text())[1]], [403, 4504])
    }
    const origin = 'https://app.example.com'
    equal(await socket({ origin }), 'open')
    const allowed = await post(base, [['h', { v: 1, s: 'o'.repeat(22), g: 1, w: 0 }]], { origin })
    equal([allowed.status, allowed.headers.get('access-control-allow-origin')], [200, origin])
    const asked = await fetch(`${base}/realtime`, { method: 'OPTIONS', headers: { origin } })
    equal([asked.status, asked.headers.get('access-control-allow-methods')], [204, 'POST'])
  },

  async auth({ connect }) {
    for (const transport of transports) {
      const client = connect({ transports: [transport], auth: () => 'bad' })
      client.connect()
      await until(client, ({ status }) => status === 'closed')
      equal(client.state.error.code, 'unauthorized')
    }
  },

  async bounds({ base, socket }) {
    equal((await fetch(`${base}/realtime`)).status, 405)
    equal((await post(base, ['x'.repeat(300_000)])).status, 413)
    equal((await post(base, ['x'], { 'content-encoding': 'gzip' })).status, 415)
    equal(await socket({ send: 'x'.repeat(300_000) }), 'closed')
    equal((await fetch(`${base}/hello`)).status, 200)
  },
}

/** @returns for each behaviour `true`, or what is wrong */
export async function runSuite(app, port) {
  const results = await Promise.all(
    Object.values(behaviours).map(async (behave) => {
      const host = await createSide(app, port)
      return within(behave(host))
        .then(
          () => true,
          (error) => String(error?.message ?? error),
        )
        .finally(host.close)
    }),
  )
  const last = await createSide(app, port)
  // sooner than the hold of the poll that was left alone would end
  const left = await within(nobodyLeft(last), 20_000).then(
    () => true,
    (error) => String(error?.message ?? error),
  )
  await last.close()
  return { ...Object.fromEntries(Object.keys(behaviours).map((name, i) => [name, results[i]])), left }
}

/** The server has noticed that all the others have gone, those that were cut off, too. */
async function nobodyLeft({ connect }) {
  const room = connect({ transports: ['polling'] }).channel('room:left')
  for (;;) {
    const { websocket, polling } = await room.request('connections', null)
    // one is the poll that asks
    if (websocket === 0 && polling <= 1) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** The clients' side of one behaviour. */
async function createSide(app, port) {
  const { createClient } = createRequire(join(app, 'client.cjs'))('everwire')
  const pipe = await createPipe(port)
  const clients = []
  const sockets = []
  const base = `http://127.0.0.1:${port}`

  function connect({ through = port, ...options } = {}) {
    const client = createClient({ url: `http://127.0.0.1:${through}/realtime`, ...options })
    clients.push(client)
    return client
  }

  /** What becomes of a bare WebSocket: its status if it is refused, `closed` after what it was to send, else `open`. */
  function socket({ origin, send }) {
    const one = new WebSocket(`ws://127.0.0.1:${port}/realtime`, { ...(origin && { origin }) })
    sockets.push(one)
    return new Promise((resolve) => {
      one.on('error', () => {})
      one.on('unexpected-response', (_, response) => resolve(response.statusCode))
      one.on('open', () => (send ? one.send(send) : resolve('open')))
      one.on('close', () => resolve('closed'))
    })
  }

  return {
    base,
    pipe,
    connect,
    socket,
    async close() {
      for (const client of clients) client.close()
      for (const one of sockets) one.terminate()
      await pipe.close()
    },
  }
}

async function dropAndResume({ connect, pipe }, transport) {
  const name = `room:resume-${transport}`
  const ann = connect({ through: pipe.port, transports: [transport] })
  const heard = listen(ann.channel(name))
  await heard.joined()
  const bob = connect().channel(name)
  await bob.publish('text', 'one')
  equal(await heard.next(1), ['one'])
  pipe.cut()
  await bob.publish('text', 'two')
  await bob.publish('text', 'three')
  const four = ann.channel(name).publish('text', 'four')
  pipe.mend()
  equal(await heard.next(3), ['two', 'three', 'four'])
  equal((await four).offset, 4)
  equal(ann.state.transport, transport)
}

const isConnected = (client, transport) => {
  client.connect()
  return until(client, (state) => state.status === 'connected' && state.transport === transport)
}

/** What is heard of a channel, in order. A gap is heard, too. */
function listen(room) {
  const heard = []
  let tell = () => {}
  const hear = (data) => {
    heard.push(data instanceof Uint8Array ? [...data] : data)
    tell()
  }
  room.on('text', hear)
  room.on('bytes', hear)
  room.onGap(hear)
  return {
    joined: () => until(room, ({ status }) => status === 'joined'),
    async next(count) {
      while (heard.length < count) {
        await new Promise((resolve) => {
          tell = resolve
        })
      }
      return heard.splice(0)
    },
  }
}

const post = (base, frames, headers = {}, signal = null) =>
  fetch(`${base}/realtime`, {
    signal,
    method: 'POST',
    headers,
    body: frames.map((frame) => (typeof frame === 'string' ? frame : JSON.stringify(frame))).join('\n'),
  })
