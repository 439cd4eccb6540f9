/** workerd opens connections only while it answers a request. */
import { smoke } from '../smoke.mjs'

export default {
  fetch: async (request) => Response.json(await smoke(new URL(request.url).searchParams.get('base'))),
}
