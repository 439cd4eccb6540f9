/**
 * A tick asked for in a microtask comes when all microtasks are done: a full drain without a turn of the event loop, which would take
 * many times as long.
 */
export function afterPromises(run: () => void): void {
  queueMicrotask(() => process.nextTick(run))
}
