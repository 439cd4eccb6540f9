import { createRealtime, denoHandler } from 'everwire/server/fetch'
import { start } from './start.mjs'

const live = denoHandler(start(createRealtime))
Deno.serve(
  { port: 0, hostname: '127.0.0.1', onListen: (address) => console.log(JSON.stringify(address)) },
  (request, info) => (new URL(request.url).pathname === '/realtime' ? live(request, info) : new Response('hello')),
)
