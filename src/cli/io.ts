/** Where a command writes, and what ends it. */
export interface Io {
  out(line: string): void
  err(line: string): void
  /** True: a person reads what goes out. */
  pretty: boolean
  signal: AbortSignal
}

/** Exit codes; the text is in `usage`. */
export const done = 0
export const failed = 1
export const misused = 2
export const unknown = 3

/** Counts lines, and ends when there are enough, it is interrupted, or something fails. */
export function printer(io: Io, count: number | undefined) {
  let left = count ?? Number.POSITIVE_INFINITY
  let finish = (_code: number) => {}
  const end = new Promise<number>((resolve) => {
    finish = resolve
  })
  io.signal.addEventListener('abort', () => finish(done))
  if (io.signal.aborted || left === 0) finish(done)
  return {
    end,
    finish,
    print(line: Record<string, unknown>, readable: string) {
      if (left <= 0) return
      io.out(io.pretty ? readable : JSON.stringify(line))
      if (--left <= 0) finish(done)
    },
  }
}
