/** everwire's sends that are neither acknowledged nor repeated, as those of most peers are. Measured where it sends only. */
import { createClient } from '../../dist/index.node.js'
import { event, up } from '../lib/events.mjs'
import everwire from './everwire.mjs'

export default {
  ...everwire,
  label: 'everwire, volatile',
  createClient({ port }) {
    const client = createClient({ url: `http://127.0.0.1:${port}/realtime` })
    return {
      subscribe: () => client.ready(),
      publish: (data) => void client.channel(up).publish(event, data, { volatile: true }),
      close: () => client.close(),
    }
  },
}
