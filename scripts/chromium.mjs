import { chromium } from 'playwright-core'
import { program } from './programs.mjs'

/** A headless Chromium that talks to nobody but the loopback, and whose pages may go into the back/forward cache. */
export function launchChromium() {
  const quiet = ['no-first-run', 'disable-background-networking', 'disable-component-update', 'disable-sync']
  return chromium.launch({
    executablePath: program('chromium'),
    args: ['no-sandbox', 'disable-gpu', 'disable-quic', ...quiet].map((flag) => `--${flag}`),
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  })
}
