import { vi } from 'vitest'
import { freePort } from '../../support/free-port'
import { type Engine, programs } from './engine'
import { startGroup } from './group'
import { isReady, openSession } from './webdriver'

/** WebKitGTK, which is Safari's engine with another network stack. It has no headless mode: it gets a screen that nobody sees. */
export const webkit: Engine = {
  name: 'WebKit',
  program: programs.webkit,
  async launch() {
    const port = await freePort()
    const driver = `http://127.0.0.1:${port}`
    const group = await startGroup(
      'xvfb-run',
      () => ['-a', programs.webkit!, `--port=${port}`, '--host=127.0.0.1'],
      // its sandbox does not start where this process is in one itself; nothing here loads a foreign page
      { env: { WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1' } },
    )
    // it does not tell when it listens
    await vi.waitUntil(() => isReady(driver).catch(() => false), { timeout: 30_000, interval: 20 })
    return {
      async open() {
        const { minimize, restore, ...tab } = await openSession(driver)
        return { ...tab, hide: minimize, show: restore }
      },
      close: group.end,
    }
  },
}
