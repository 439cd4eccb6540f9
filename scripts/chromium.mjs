import { chromium } from 'playwright-core'
import { program } from './programs.mjs'

/** Under root, which CI is, Chromium's sandbox does not start; nothing here talks to anybody but the loopback. */
export const chromiumFlags = [
  'no-sandbox',
  'disable-gpu',
  'disable-quic',
  'no-first-run',
  'disable-background-networking',
  'disable-component-update',
  'disable-sync',
].map((flag) => `--${flag}`)

/** A headless Chromium that talks to nobody but the loopback, and whose pages may go into the back/forward cache. */
export function launchChromium() {
  return chromium.launch({
    executablePath: program('chromium'),
    args: chromiumFlags,
    ignoreDefaultArgs: ['--disable-back-forward-cache'],
  })
}
