import type { Fetch } from '../environment/environment'
import type { Path, Site, Wire } from './path'
import type { Random } from './random'
import { show } from './socket'

const html = '<!doctype html><title>Welcome</title><p>Please log in to our wifi.'
/** A stuck or repeated request comes up to so much later, ms. */
const latest = 40_000

interface Answer {
  status: number
  text: string
  /** The body ends in the middle. */
  cutShort?: boolean
}

/** The platform's fetch, at the end of a simulated path. */
export function createFetch(path: Path, site: Site): Fetch {
  return (_url, { body, signal }) =>
    new Promise<Response>((resolve, reject) => {
      exchange(path, site, String(body), signal as AbortSignal, {
        resolve: (answer) => resolve(responseOf(answer)),
        reject,
      })
    })
}

function responseOf({ status, text, cutShort }: Answer): Response {
  const read = async () => {
    if (cutShort) throw new TypeError('terminated')
    return text
  }
  return { status, ok: status < 400, headers: new Map(), text: read } as unknown as Response
}

function withoutAnEvent(lines: readonly string[], random: Random): string {
  const events = lines.filter((line) => line.startsWith('["m"'))
  const lost = events.length > 1 ? random.pick(events) : undefined
  return lines.filter((line) => line !== lost).join('\n')
}

interface Caller {
  resolve(answer: Answer): void
  reject(error: unknown): void
}

function exchange(path: Path, site: Site, body: string, signal: AbortSignal, caller: Caller): void {
  const { scheduler, machine, random, conditions } = path
  const { http, holdCut } = conditions
  const serverSide = new AbortController()
  const begun = scheduler.now
  let over = false
  path.trace(() => `> http ${show(body)}`)

  function end(): boolean {
    if (over) return false
    over = true
    path.wires.delete(wire)
    site.wires.delete(wire)
    signal.removeEventListener('abort', aborted)
    return true
  }

  function fail(): void {
    machine.take(() => {
      if (!end()) return
      path.trace('< http failed')
      caller.reject(new TypeError('fetch failed'))
    })
  }

  function answer(given: Answer): void {
    scheduler.after(path.delay(), () =>
      path.down.pass(() =>
        machine.take(() => {
          if (!end()) return
          path.trace(() => `< http ${given.status} ${show(given.text)}${given.cutShort ? ' (cut)' : ''}`)
          caller.resolve(given)
        }),
      ),
    )
  }

  function aborted(): void {
    if (!end()) return
    path.trace('http aborted')
    caller.reject(signal.reason)
    scheduler.after(path.delay(), () => path.up.pass(() => site.machine.take(() => serverSide.abort())))
  }

  const wire: Wire = {
    kind: 'exchange',
    cut(tells) {
      path.wires.delete(wire)
      site.wires.delete(wire)
      path.trace(() => `exchange cut, known to ${tells}`)
      if (tells === 'both' || tells === 'client') scheduler.after(path.noticeMs, fail)
      if (tells === 'both' || tells === 'server') scheduler.after(path.noticeMs, () => serverSide.abort())
    },
  }

  /** The server, or whoever answers in its place. */
  function arrived(): void {
    if (random.chance(http.loseRequest)) return random.chance(0.5) ? lost() : undefined
    if (random.chance(http.html)) return answer({ status: 200, text: html })
    if (random.chance(http.gateway)) return answer({ status: random.pick([502, 504]), text: html })
    if (!site.listening || site.isTooLate(begun)) return lost()
    if (random.chance(http.duplicate)) scheduler.after(random.pick([0, 50, 2_000, latest]) * random.next(), repeat)
    site.wires.add(wire)
    if (holdCut !== undefined) scheduler.after(holdCut, proxyTimeout)
    const { core, view, machine: server } = site
    server.take(() => {
      void core.exchange(view, body, serverSide.signal).then(({ status, body: text }) => {
        if (serverSide.signal.aborted || core !== site.core || !site.wires.has(wire)) return
        respond(status, text)
      })
    })
  }

  function lost(): void {
    scheduler.after(path.delay(), () => path.down.pass(fail))
  }

  function proxyTimeout(): void {
    if (over || !site.wires.delete(wire)) return
    serverSide.abort()
    answer({ status: 504, text: html })
  }

  function repeat(): void {
    if (!site.listening || site.isTooLate(begun)) return
    path.trace(() => `a proxy repeats: ${show(body)}`)
    void site.core.exchange(site.view, body, new AbortController().signal)
  }

  function respond(status: number, text: string): void {
    site.wires.delete(wire)
    if (random.chance(http.loseAnswer)) return random.chance(0.5) ? lost() : undefined
    if (random.chance(http.gateway)) return answer({ status: random.pick([502, 504]), text: html })
    if (random.chance(http.skip)) return answer({ status, text: withoutAnEvent(text.split('\n'), random) })
    if (!random.chance(http.truncate)) return answer({ status, text })
    const lines = text.split('\n')
    // in the middle, or at the end of a line, where it looks whole; with an error or without
    const part = random.chance(0.5)
      ? text.slice(0, random.int(0, text.length - 1))
      : lines.slice(0, random.int(0, lines.length - 1)).join('\n')
    answer({ status, text: part, cutShort: random.chance(0.5) })
  }

  signal.addEventListener('abort', aborted)
  if (conditions.offline) return void scheduler.after(path.noticeMs, fail)
  path.wires.add(wire)
  const handshake = random.chance(0.3) ? path.delay() * 2 : 0
  const stuck = random.chance(http.late) ? random.next() * latest : 0
  scheduler.after(handshake + stuck + path.delay(), () => path.up.pass(arrived))
}
