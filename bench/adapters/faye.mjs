import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { down, listen, up } from '../lib/events.mjs'

const require = createRequire(import.meta.url)
/** It always begins with long-polling and moves to WebSocket by itself: nothing forces that. */
const disabled = { polling: ['websocket', 'eventsource', 'cross-origin-long-polling', 'callback-polling'] }

export default {
  label: 'faye',
  reconnects: true,
  fallback: true,
  acknowledges: true,
  async startServer({ port, greeting, onMessage }) {
    const faye = require('faye')
    const bayeux = new faye.NodeAdapter({ mount: '/faye', timeout: 45 })
    const publisher = bayeux.getClient()
    bayeux.on('publish', (_, channel, data) => channel === `/${up}` && onMessage(data))
    if (greeting) bayeux.on('subscribe', (_, channel) => publisher.publish(channel, greeting))
    const http = createServer()
    bayeux.attach(http)
    return { port: await listen(http, port), publish: (data) => void publisher.publish(`/${down}`, data) }
  },
  createClient({ port, transport }) {
    const faye = require('faye')
    const client = new faye.Client(`http://127.0.0.1:${port}/faye`)
    for (const name of disabled[transport] ?? []) client.disable(name)
    return {
      subscribe: (listener) => new Promise((resolve) => client.subscribe(`/${down}`, listener).then(resolve)),
      publish: (data) => new Promise((resolve, reject) => client.publish(`/${up}`, data).then(resolve, reject)),
      close: () => client.disconnect(),
    }
  },
}
