import type { Clock } from '../environment/environment'

/** Whether WebSocket deserves to be dialled first: some proxies let every upgrade through and cut it moments later. */
export interface Trust {
  /** ms until WebSocket is trusted again; 0 = it is. */
  wait(): number
  /** A WebSocket that worked has ended by itself after `ms`. */
  died(ms: number): void
  /** Long-polling failed too: WebSocket was not to blame. */
  acquit(): void
}

/** A welcomed WebSocket that dies sooner than this, ms, died young; one that lived longer than the second is trusted again. */
const young = 10_000
const old = 30_000
/** Three times may be chance, wifi or a deploy; then it is the network's habit. */
const mostYoungDeaths = 3
/** How long it is not dialled first, ms; doubles each time, up to the second. */
const firstBan = 60_000
const longestBan = 600_000

export function createTrust(clock: Clock): Trust {
  let deaths = 0
  let ban = firstBan
  let until = -Infinity
  const acquit = () => {
    deaths = 0
    ban = firstBan
    until = -Infinity
  }
  return {
    wait: () => Math.max(0, until - clock.now()),
    died(ms) {
      if (ms > old) return acquit()
      if (ms > young || ++deaths < mostYoungDeaths) return
      until = clock.now() + ban
      ban = Math.min(ban * 2, longestBan)
    },
    acquit,
  }
}
