// Taken when the module is loaded: fake timers, which a test may put on later, would wait for somebody to advance them.
const { setTimeout } = globalThis

/**
 * Calls back in a later turn of the event loop, when every promise that can go on has gone on. Message channels are what browsers and
 * Node share, what comes without a least delay, and what no fake timers replace.
 */
export function nextTurn(run: () => void): void {
  if (typeof MessageChannel === 'undefined') return void setTimeout(run, 0) // jsdom has none
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => {
    port1.close() // an open port keeps a process alive
    run()
  }
  port2.postMessage(0)
}
