import { randomBytes } from 'node:crypto'
import { expect, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'

export type Frame = [op: string, ...rest: unknown[]]

export const secret = () => randomBytes(17).toString('base64url').slice(0, 22)
export const lines = (...frames: unknown[]) => frames.map((frame) => JSON.stringify(frame)).join('\n')
export const parse = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Frame)

export interface Talk {
  say(...frames: unknown[]): void
  /** @param binary default: bytes are binary, strings are text */
  raw(message: string | Uint8Array, binary?: boolean): void
  /** A piece of a text message that goes on for ever. */
  fragment(text: string, last: boolean): void
  /** A ping of WebSocket itself. */
  controlPing(): void
  /** Stops reading, or goes on. */
  pause(paused: boolean): void
  /** The next frame with this opcode; what comes before it is in `heard`. */
  expect(op: string): Promise<Frame>
  /** Everything that came until the server has answered a ping. */
  settle(): Promise<Frame[]>
  closed: Promise<number>
  /** What the server agreed to. */
  extensions: string
  heard: Frame[]
  binary: Buffer[]
  close(): void
}

/** A WebSocket conversation, frame by frame. */
export async function dial(url: string, headers: Record<string, string> = {}): Promise<Talk> {
  const socket = new WebSocket(url.replace('http', 'ws'), { headers })
  onTestFinished(() => socket.terminate())
  const heard: Frame[] = []
  const binary: Buffer[] = []
  let taken = 0
  let wake = () => {}
  const closed = new Promise<number>((resolve) =>
    socket.on('close', (code) => {
      resolve(code)
      wake()
    }),
  )
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) {
      binary.push(data)
      heard.push(...parse(data.subarray(0, data.indexOf(10)).toString()))
    } else heard.push(...parse(data.toString()))
    wake()
  })
  await new Promise<void>((resolve, reject) => socket.on('open', () => resolve()).on('error', reject))
  const talk: Talk = {
    heard,
    binary,
    closed,
    extensions: socket.extensions,
    raw: (message, binary = typeof message !== 'string') => socket.send(message, { binary }),
    fragment: (text, fin) => socket.send(text, { fin, binary: false }, () => {}),
    controlPing: () => socket.ping('', true, () => {}),
    pause: (paused) => (paused ? socket.pause() : socket.resume()),
    say: (...frames) => socket.send(lines(...frames)),
    async expect(op) {
      for (;;) {
        while (taken < heard.length) {
          const frame = heard[taken++] as Frame
          if (frame[0] === op) return frame
        }
        if (socket.readyState === WebSocket.CLOSED) throw new Error(`closed, no ${op} in ${JSON.stringify(heard)}`)
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
    async settle() {
      const from = heard.length
      talk.say(['i'])
      await talk.expect('o')
      return heard.slice(from).filter(([op]) => op !== 'o')
    },
    close: () => socket.close(),
  }
  return talk
}

/** A conversation that has been welcomed. */
export async function hello(url: string, more: object = {}, s = secret()) {
  const talk = await dial(url)
  talk.say(['h', { v: 1, s, g: 1, ...more }])
  const [, welcome] = await talk.expect('w')
  return { ...talk, s, welcome: welcome as { id: string; k: string; lim: { channels: number; message: number } } }
}

/** One exchange of long-polling. */
export async function post(
  url: string,
  frames: unknown[] | string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
) {
  const body = Array.isArray(frames) ? lines(...frames) : frames
  const response = await fetch(url, { method: 'POST', body, headers })
  const text = await response.text()
  const answer = text.startsWith('[') ? parse(text) : []
  return { response, text, frames: answer, of: (op: string) => answer.filter(([each]) => each === op) }
}

/** Elements behind those expected, and keys beside them, are ignored: as a client must. */
export function begins(frame: Frame | undefined, expected: unknown[]): void {
  expect(frame?.slice(0, expected.length)).toMatchObject(expected)
}
