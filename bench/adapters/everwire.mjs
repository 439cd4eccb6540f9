import { createServer } from 'node:http'
import { createClient } from '../../dist/index.node.js'
import { createRealtime } from '../../dist/server.js'
import { down, event, listen, up } from '../lib/events.mjs'

/** Rates and the length of the queue are lifted, for a flood is what some scenarios are; everything else is as it comes. */
const lifted = { sendsPerSecond: 1e6, sendBurst: 1e6, framesPerSecond: 1e6, frameBurst: 1e6, unsettled: 10_000 }

export default {
  label: 'everwire',
  reconnects: true,
  fallback: true,
  acknowledges: true,
  async startServer({ port, greeting, onMessage }) {
    const realtime = createRealtime({
      limits: lifted,
      channels: {
        [down]: {},
        [up]: {
          publish({ data }) {
            onMessage(data)
            return true
          },
        },
      },
    })
    const http = createServer()
    realtime.attach(http, { path: '/realtime' })
    if (greeting) await realtime.publish(down, event, greeting)
    return { port: await listen(http, port), publish: (data) => void realtime.publish(down, event, data) }
  },
  createClient({ port, transport, rewind }) {
    const client = createClient({
      url: `http://127.0.0.1:${port}/realtime`,
      ...(transport && { transports: [transport] }),
      queue: { messages: 8_192 },
    })
    return {
      subscribe(listener) {
        const channel = client.channel(down, { rewind })
        channel.on(event, listener)
        if (channel.state.status === 'joined') return Promise.resolve()
        return new Promise((resolve) => {
          const off = channel.watch(({ status }) => {
            if (status !== 'joined') return
            off()
            resolve()
          })
        })
      },
      publish: (data) => client.channel(up).publish(event, data),
      close: () => client.close(),
    }
  },
}
