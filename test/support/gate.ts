import { createServer, request as forward } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** What happens to an upgrade: a status refuses it · `strip` forwards it as a plain request · `hang` never answers · `silent` opens and says nothing. */
export type Upgrades = 'pass' | 'strip' | 'hang' | 'silent' | number

/** A proxy in front of a server, which treats WebSocket upgrades as told; HTTP passes. */
export async function startGate(targetPort: number, upgrades: Upgrades) {
  const rules = { upgrades }
  const sockets = new Set<Socket>()
  const posts: number[] = []
  const proxy = createServer((request, response) => {
    posts.push(performance.now())
    const { method, headers, url } = request
    const upstream = forward({ host: '127.0.0.1', port: targetPort, path: url, method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    upstream.on('error', () => response.destroy())
    response.on('close', () => upstream.destroy())
    request.pipe(upstream)
  })
  proxy.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => sockets.delete(socket))
  })
  proxy.on('upgrade', (request, socket: Socket, head) => {
    const mode = rules.upgrades
    if (mode === 'hang') return
    if (typeof mode === 'number') {
      socket.end(`HTTP/1.1 ${mode} No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    const upstream = connect(targetPort, '127.0.0.1', () => {
      const lines = [`${request.method} ${request.url} HTTP/1.1`]
      for (const [name, value] of Object.entries(request.headers)) {
        if (mode === 'strip' && /^(upgrade|connection)$/.test(name)) continue
        lines.push(`${name}: ${value}`)
      }
      upstream.write(`${lines.join('\r\n')}\r\n\r\n`)
      upstream.write(head)
      if (mode === 'silent')
        upstream.once('data', (data) => socket.write(data.subarray(0, data.indexOf('\r\n\r\n') + 4)))
      else {
        upstream.pipe(socket)
        socket.pipe(upstream)
      }
    })
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      one.on('error', () => {})
      one.on('close', () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const reset = () => {
    for (const socket of sockets) socket.destroy()
  }
  onTestFinished(async () => {
    const closed = new Promise((resolve) => proxy.close(resolve))
    reset()
    await closed
  })
  return { rules, posts, reset, url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/realtime` }
}
