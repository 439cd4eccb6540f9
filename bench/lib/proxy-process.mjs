import { createFaultProxy } from '../.build/fault-proxy.mjs'
import { answer } from './process.mjs'

const proxies = new Map()
let last = 0

/** Traffic closer together than this, ms, wakes a device once. */
const burst = 200

answer({
  async open({ target, rules }) {
    const id = ++last
    const proxy = await createFaultProxy({ target, rules, seed: 7 })
    proxies.set(id, { proxy, wakes: 0, lastAt: 0 })
    return { id, port: proxy.port }
  },
  set: ({ id, rules }) => proxies.get(id).proxy.set(rules),
  cutWebSockets({ id }) {
    for (const connection of proxies.get(id).proxy.connections()) {
      if (connection.kind === 'websocket') connection.reset()
    }
  },
  silence: ({ id }) => proxies.get(id).proxy.silence(),
  watch({ id }) {
    const entry = proxies.get(id)
    const tapped = new Set()
    const seen = () => {
      const at = performance.now()
      if (at - entry.lastAt > burst) entry.wakes++
      entry.lastAt = at
    }
    const tap = () => {
      for (const { id: number, socket } of entry.proxy.connections()) {
        if (tapped.has(number)) continue
        tapped.add(number)
        let before = socket.bytesRead + socket.bytesWritten
        entry.looks ??= []
        entry.looks.push(() => {
          const bytes = socket.bytesRead + socket.bytesWritten
          if (bytes !== before) seen()
          before = bytes
        })
      }
    }
    tap()
    entry.timer = setInterval(() => {
      tap()
      for (const look of entry.looks ?? []) look()
    }, burst / 4)
  },
  stats({ id }) {
    const { proxy, wakes } = proxies.get(id)
    return { ...proxy.stats, wakes }
  },
  async close({ id }) {
    const entry = proxies.get(id)
    clearInterval(entry.timer)
    proxies.delete(id)
    await entry.proxy.close()
  },
})
