import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

const dist = fileURLToPath(new URL('../../dist/', import.meta.url))

/** A page with the built package under `/everwire/`, at an origin of its own, until the test is over. Every other address is the page, too. */
export async function servePage(page: string): Promise<string> {
  const server = createServer(async (request, response) => {
    const name = /^\/everwire\/([\w.-]+\.js)$/.exec(request.url ?? '')?.[1]
    const body = name ? await readFile(dist + name) : page
    response.writeHead(200, { 'content-type': name ? 'text/javascript' : 'text/html' }).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
