import { connect, createServer } from 'node:net'
import { listen, shut } from '../../examples/vanilla/listen.mjs'

/** A way to a port of this machine that can be cut, and mended. */
export async function createPipe(target) {
  const ends = new Set()
  let isCut = false
  const server = createServer((near) => {
    if (isCut) return near.destroy()
    const far = Object.assign(connect(target, '127.0.0.1'), { isFar: true })
    for (const end of [near, far]) {
      ends.add(end)
      end
        .on('error', () => {})
        .on('close', () => {
          ends.delete(end)
          near.destroy()
          far.destroy()
        })
    }
    near.pipe(far).pipe(near)
  })
  const cut = () => {
    isCut = true
    for (const end of ends) end.destroy()
  }
  /** What comes back from the target waits, too, once every buffer on the way is full. */
  const each = (what) => {
    for (const end of ends) if (end.isFar) end[what]()
  }
  return {
    pause: () => each('pause'),
    resume: () => each('resume'),
    port: await listen(server, 0, '127.0.0.1'),
    cut,
    mend() {
      isCut = false
    },
    async close() {
      cut()
      await shut(server)
    },
  }
}
