import { turn } from '../support/fake-clock'
import { createFakeTransport, type FakeDial } from '../support/fake-transport'
import { nothing, type Other, transportLaws, type World } from './transport'

transportLaws('the fake transport, as a stream', () => createWorld('websocket'))
transportLaws('the fake transport, as exchanges', () => createWorld('polling'))

function createWorld(name: 'websocket' | 'polling'): World {
  const transport = createFakeTransport(name)
  const open = transport.open
  return {
    // the fake takes any address
    transport: {
      ...transport,
      open(url, sink, preamble) {
        if (url === 'test:') return open(url, sink, preamble)
        queueMicrotask(() => sink.closed({ code: 4000, reason: url }))
        return { send() {}, close() {} }
      },
    },
    url: 'test:',
    next: async () => other(await transport.dials.next()),
    get dials() {
      return transport.dials.all.length
    },
    left: () => transport.dials.all.filter(({ over }) => !over).map(() => 'dial'),
  }
}

function other(dial: FakeDial): Other {
  return {
    async accept(...messages) {
      dial.accept()
      for (const message of messages.length > 0 ? messages : [nothing]) dial.receive(message)
    },
    refuse: async () => dial.refuse(),
    ready: async () => {},
    deliver: async (message) => dial.receive(message),
    drop: async () => dial.drop(),
    async heard(count) {
      while (dial.sent.length < count) await turn()
      return dial.sent.map(({ message }) => String(message))
    },
    gone: async () => {},
  }
}
