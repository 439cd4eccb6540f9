/** The realtime server that the page talks to, in a process that can be restarted and killed without ending. */
import { createServer } from 'node:http'
import { createRealtime } from 'everwire/server'
import { listen, shut } from './listen.mjs'

/** How long a restart takes, ms: long enough that every transport notices. */
const downtime = 800
/** ms between two events of the ticker. */
const tickEvery = 100

export async function startBackend({ host, origins }) {
  const create = () =>
    createRealtime({
      origins,
      channels: {
        lobby: { publish: ({ data }) => isMessage(data) && { from: data.from.slice(0, 40), text: data.text } },
        ticker: {}, // everyone may listen, nobody but the server publishes
      },
    })
  let realtime = create()
  let server
  let port = 0
  let busy = Promise.resolve()

  // The counter is the outside world: it goes on whatever happens to the server.
  let n = 0
  const begun = performance.now()
  const ticker = setInterval(() => {
    for (; n < (performance.now() - begun) / tickEvery; n++) realtime?.publish('ticker', 'tick', { n })
  }, tickEvery / 2)

  async function start() {
    server = createServer((_, response) => response.writeHead(404).end())
    realtime.attach(server, { path: '/realtime' })
    port = await listen(server, port, host)
  }

  /** Stops, does something, starts; one cycle after the other, however often the button is pressed. */
  function cycle(between) {
    busy = busy.then(async () => {
      await shut(server)
      await between()
      await new Promise((resolve) => setTimeout(resolve, downtime))
      realtime ??= create()
      await start()
    })
    return busy
  }

  await start()
  return {
    port,
    /** The HTTP server closes and listens again; the realtime server keeps its memory. */
    restart: () => cycle(() => {}),
    /** As if the process had died: sessions and history are gone. */
    kill: () =>
      cycle(async () => {
        const old = realtime
        realtime = undefined
        await old.close()
      }),
    async close() {
      clearInterval(ticker)
      await busy
      await realtime.close()
      await shut(server)
    },
  }
}

/** Anything else is refused: the hook returns false. */
function isMessage(data) {
  return typeof data?.from === 'string' && typeof data.text === 'string' && data.text.length <= 200
}
