import type { Message } from '../protocol/frames'

/** Puts frames that leave together into few messages. */
export type Joiner = (frames: readonly Message[]) => readonly Message[]

/** Frames are joined up to about this many characters per message. */
const messageChars = 65_536

/** Connections that read the same channels write the same frames in the same turn: what was joined for one is joined for all of them. */
export function createJoiner(): Joiner {
  let last: readonly Message[] = []
  let messages: readonly Message[] = []
  return (frames) => {
    if (frames.length === 1) return frames
    if (frames.length !== last.length || frames.some((frame, i) => frame !== last[i])) {
      last = frames
      messages = join(frames)
    }
    return messages
  }
}

/** Bytes travel by themselves. */
function join(frames: readonly Message[]): Message[] {
  const messages: Message[] = []
  let texts: string[] = []
  let chars = 0
  const end = () => {
    if (texts.length > 0) messages.push(texts.join('\n'))
    texts = []
    chars = 0
  }
  for (const frame of frames) {
    if (typeof frame !== 'string' || chars + frame.length > messageChars) end()
    if (typeof frame !== 'string') {
      messages.push(frame)
      continue
    }
    texts.push(frame)
    chars += frame.length + 1
  }
  end()
  return messages
}
