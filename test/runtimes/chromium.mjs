import { launchChromium } from '../../scripts/chromium.mjs'
import { bundle } from './bundle.mjs'

/** Longest time for a page or a worker, ms. */
const limitMs = 90_000

const html = (script) => ({
  type: 'text/html',
  text: `<!doctype html><link rel="icon" href="data:,"><script type="module">${script}</script>`,
})
const pages = {
  page: `import '/entry.js'`,
  worker: `
    const worker = new Worker('/entry.js', { type: 'module' })
    globalThis.results = new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data)
      worker.onerror = ({ message }) => reject(new Error(message))
    })`,
  'service-worker': `
    globalThis.results = new Promise((resolve) => {
      navigator.serviceWorker.onmessage = ({ data }) => resolve(data)
    })
    await navigator.serviceWorker.register('/entry.js', { type: 'module' })
    const { active } = await navigator.serviceWorker.ready
    active.postMessage('go')`,
}

/** A page that runs the smoke test itself, in a web worker, or in a service worker. */
export function inChromium(entry) {
  return {
    files: async (app) => ({
      '/': html(pages[entry]),
      '/entry.js': { type: 'text/javascript', text: await bundle(app, `entries/${entry}.mjs`, ['browser']) },
    }),
    async run({ base }) {
      const browser = await launchChromium()
      try {
        const page = await browser.newPage()
        const failed = new Promise((_, reject) => page.on('pageerror', reject))
        await page.goto(base)
        const done = page
          .waitForFunction('globalThis.results', undefined, { timeout: limitMs })
          .then(() => page.evaluate('globalThis.results'))
        return await Promise.race([done, failed, after(limitMs)])
      } finally {
        await browser.close()
      }
    },
  }
}

function after(ms) {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`not done after ${ms} ms`)), ms).unref()
  })
}
