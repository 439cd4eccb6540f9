import { createRealtime, workerdHandler } from 'everwire/server/fetch'
import { start } from './start.mjs'

/** What shares channels shares a memory: that is what a Durable Object is. */
export class Realtime {
  constructor() {
    this.live = workerdHandler(start(createRealtime))
  }

  fetch(request) {
    return this.live(request)
  }
}

export default {
  fetch(request, { realtime }) {
    if (new URL(request.url).pathname !== '/realtime') return new Response('hello')
    return realtime.get(realtime.idFromName('main')).fetch(request)
  },
}
