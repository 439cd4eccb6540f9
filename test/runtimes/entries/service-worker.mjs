import { smoke } from '../smoke.mjs'

addEventListener('install', (event) => event.waitUntil(skipWaiting()))
addEventListener('message', (event) => {
  event.waitUntil(smoke(location.origin).then((results) => event.source.postMessage(results)))
})
