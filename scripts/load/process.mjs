import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/**
 * Starts a process that does what it is told and answers.
 *
 * @param name the file in this folder · @param node options for its node · @param args for itself
 */
export function start(name, node = [], args = []) {
  const child = fork(fileURLToPath(new URL(`${name}.mjs`, import.meta.url)), args, {
    execArgv: ['--expose-gc', ...node],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let calls = 0
  const ask = (what, more = {}) =>
    new Promise((resolve, reject) => {
      const call = ++calls
      const onExit = (code) => reject(new Error(`${name} ended with ${code}`))
      const onAnswer = (answer) => {
        if (answer.call !== call) return
        child.off('message', onAnswer).off('exit', onExit)
        resolve(answer)
      }
      child.on('message', onAnswer).on('exit', onExit)
      child.send({ call, what, ...more })
    })
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.disconnect()
    await once(child, 'exit')
  }
  return { ask, stop }
}
