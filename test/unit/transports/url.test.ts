import { expect, test } from 'vitest'
import { EverwireError } from '../../../src/shared/errors'
import { transportUrl } from '../../../src/transports/url'

test.each([
  ['https://example.com/rt', 'wss://example.com/rt', 'https://example.com/rt'],
  ['http://example.com/rt', 'ws://example.com/rt', 'http://example.com/rt'],
  ['wss://example.com/rt', 'wss://example.com/rt', 'https://example.com/rt'],
  ['ws://[::1]:8080', 'ws://[::1]:8080/', 'http://[::1]:8080/'],
  ['HTTPS://Example.com/HTTP://x', 'wss://example.com/HTTP://x', 'https://example.com/HTTP://x'],
])('%s serves both transports', (url, ws, http) => {
  expect(transportUrl(url, undefined, 'ws')).toBe(ws)
  expect(transportUrl(url, undefined, 'http')).toBe(http)
})

test('the query stays, the fragment goes', () => {
  expect(transportUrl('https://example.com/rt?a=%23&b=http#c#d', undefined, 'ws')).toBe(
    'wss://example.com/rt?a=%23&b=http',
  )
})

test('in a page a URL may be relative', () => {
  const page = 'https://app.example.com/inbox/7?x#y'
  expect(transportUrl('/rt', page, 'ws')).toBe('wss://app.example.com/rt')
  expect(transportUrl('rt', page, 'http')).toBe('https://app.example.com/inbox/rt')
  expect(transportUrl('//other.example.com/rt', page, 'ws')).toBe('wss://other.example.com/rt')
})

test.each([
  ['/rt', undefined],
  ['', undefined],
  ['localhost:8080', undefined],
  ['ftp://example.com/', undefined],
  ['javascript:alert(1)', 'https://example.com/'],
  ['/rt', 'about:blank'],
  ['x', 'file:///tmp/index.html'],
])('%s on %s is invalid', (url, base) => {
  expect(() => transportUrl(url, base, 'http')).toThrow(EverwireError)
  expect(() => transportUrl(url, base, 'http')).toThrow(expect.objectContaining({ code: 'invalid' }))
})
