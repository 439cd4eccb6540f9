/** What every adapter sends and receives, so that all carry the same. */

/** Events go down on this channel, messages of clients up on the other: nobody hears himself. */
export const down = 'lab'
export const up = 'up'
export const event = 'e'
/** The standard event. */
export const hello = { text: 'hello' }

/** ms on a clock that all processes of the machine share. */
export const now = () => Number(process.hrtime.bigint() / 1000n) / 1000

/** Listens on loopback: port 0 is any that is free. */
export function listen(server, port = 0) {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(server.address().port))
  })
}
