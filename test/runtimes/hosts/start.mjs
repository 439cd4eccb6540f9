/** The server of the behaviour suite, the same on every host. */
export function start(createRealtime) {
  const realtime = createRealtime({
    onError: () => {},
    origins: ['https://app.example.com'],
    authenticate({ token }) {
      if (token === 'bad') throw new Error('no such user')
      return { id: token ?? 'guest' }
    },
    channels: {
      'room:{id}': {
        publish: () => true,
        history: { bytes: 30_000_000 },
        requests: {
          add: ({ input: { a, b } }) => ({ sum: a + b }),
          who: ({ user }) => user.id,
          connections: () => realtime.stats().connections,
        },
      },
    },
  })
  return realtime
}
