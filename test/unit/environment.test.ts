import { expect, onTestFinished, test, vi } from 'vitest'
import { defaultEnvironment } from '../../src/environment/default'

test('the platform tells what happens to the page: a page that may come back is not gone, and loading is no waking', () => {
  const page = new EventTarget()
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
  onTestFinished(() => void vi.unstubAllGlobals())
  const hints: string[] = []
  const stop = defaultEnvironment.watch((hint) => hints.push(hint))
  const tell = (type: string, more: object = {}) => page.dispatchEvent(Object.assign(new Event(type), more))
  tell('pageshow', { persisted: false })
  tell('pagehide', { persisted: true })
  expect(hints).toEqual([])
  tell('pageshow', { persisted: true })
  tell('online')
  tell('offline')
  tell('pagehide', { persisted: false })
  expect(hints).toEqual(['wake', 'up', 'down', 'gone'])
  stop()
  tell('online')
  expect(hints.length).toBe(4)
})
