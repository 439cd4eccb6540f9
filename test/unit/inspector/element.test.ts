// @vitest-environment happy-dom
import { defineInspector, type InspectOptions, inspect } from 'everwire/inspector'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { createScriptedClient, tellMinute } from '../../browser/inspector'

let frames: (() => void)[] = []
let asked = 0

beforeEach(() => {
  frames = []
  asked = 0
  vi.stubGlobal('requestAnimationFrame', (run: () => void) => {
    asked++
    frames.push(run)
    return asked
  })
  vi.stubGlobal('cancelAnimationFrame', () => {
    frames = []
  })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
  vi.restoreAllMocks()
  document.body.replaceChildren()
})

/** The browser draws. */
function nextFrame(): void {
  for (const run of frames.splice(0)) run()
}

function open(options: InspectOptions = { open: true }) {
  const client = createScriptedClient()
  const inspector = inspect(client, options)
  onTestFinished(inspector.destroy)
  const root = inspector.element.shadowRoot as ShadowRoot
  const find = <E extends HTMLElement>(selector: string) => root.querySelector(selector) as E
  nextFrame()
  return {
    ...inspector,
    client,
    root,
    find,
    tab(name: string) {
      const tabs = [...root.querySelectorAll<HTMLElement>('.tab')]
      tabs.find(({ textContent }) => textContent?.startsWith(name))?.click()
      nextFrame()
    },
    tool: (label: string) => find(`[aria-label="${label}"]`),
    rows: () => [...root.querySelectorAll('.page:not([hidden]) li')].map(({ textContent }) => textContent ?? ''),
    text: () => root.textContent ?? '',
  }
}

const says = (channel: string, data: unknown) =>
  ({ type: 'receive', transport: 'websocket', frame: ['m', channel, 1, 'e', data] }) as const

test('is a small button in the corner until it is opened', () => {
  const { client, find, element } = open({})
  tellMinute(client)
  nextFrame()
  expect(element.parentElement).toBe(document.body)
  expect(find('.panel').hidden).toBe(true)
  expect(find('.pill').textContent).toMatch(/^long-polling\d+ ms · 2 pending$/)
  find('.pill').click()
  nextFrame()
  expect([element.open, find('.pill').hidden, find('.panel').hidden]).toEqual([true, true, false])
  find('.panel').dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }))
  expect(element.open).toBe(false)
})

test('is a part of the page where it is given a place', () => {
  const parent = document.body.appendChild(document.createElement('main'))
  const { element, find } = open({ parent })
  expect(element.parentElement).toBe(parent)
  expect(element.hasAttribute('inline')).toBe(true)
  expect(find('.panel').hidden).toBe(false)
})

test('can be written as markup, and given a client later', () => {
  defineInspector()
  document.body.innerHTML = '<everwire-inspector open></everwire-inspector>'
  const element = document.querySelector('everwire-inspector')
  const client = createScriptedClient()
  Object.assign(element as Element, { client })
  client.tell(0, { type: 'dial', transport: 'websocket' })
  nextFrame()
  expect(element?.shadowRoot?.querySelector('.page li')?.textContent).toContain('dialling')
})

test('shows the state, the attempts with their reasons, channels and frames', () => {
  const { client, find, rows, tab } = open()
  tellMinute(client)
  nextFrame()
  expect(find('.diagnosis').textContent).toContain('Connected over long-polling')
  expect(rows()[1]).toMatch(
    /WS.*failed.*after 180 ms.*lost \(1006\): the link broke, or no server answered.*it is dialled again/,
  )
  tab('Channels')
  expect(rows()[0]).toMatch(/admin.*denied.*forbidden.*check the rules/)
  tab('Frames')
  expect(rows()[0]).toContain('room:42')
  expect(rows().length).toBe(150)
})

test('filters the frames, and shows heartbeats only to those who ask', () => {
  const { client, find, rows, tab } = open()
  client.tell(1, says('room:1', 'one'), says('room:2', 'two'), {
    type: 'receive',
    transport: 'websocket',
    frame: ['i'],
  })
  tab('Frames')
  expect(rows().length).toBe(2)
  find<HTMLInputElement>('[type=search]').value = 'ROOM:2'
  find('[type=search]').dispatchEvent(new Event('input'))
  nextFrame()
  expect(rows()).toEqual([expect.stringContaining('two')])
  find<HTMLInputElement>('[type=search]').value = ''
  find<HTMLInputElement>('[type=checkbox]').checked = true
  find('[type=checkbox]').dispatchEvent(new Event('change'))
  nextFrame()
  expect(rows().some((row) => row.includes('ping'))).toBe(true)
})

test('takes nothing from outside for markup', () => {
  const { client, root, tab, text } = open()
  const attack = '<img src=x onerror=alert(1)><script>alert(1)</script>'
  client.tell(
    1,
    { type: 'channel', channel: attack, state: { status: 'denied', code: attack, message: attack } },
    { type: 'gap', channel: attack, reason: attack as 'trimmed', missed: null },
    { type: 'dial', transport: 'websocket' },
    { type: 'fail', transport: 'websocket', code: 1006, reason: attack },
    says(attack, { [attack]: attack }),
    { type: 'receive', transport: 'websocket', frame: [attack, attack] },
  )
  for (const name of ['Attempts', 'Channels', 'Frames']) {
    tab(name)
    expect(text()).toContain('<img src=x')
    expect(root.querySelectorAll('img, script').length).toBe(0)
  }
})

test('shows and exports no secret', () => {
  const { client, tab, text, ...inspector } = open()
  client.tell(
    1,
    { type: 'send', transport: 'websocket', frame: ['h', { v: 1, s: 'hush-1', g: 1, t: 'hush-2', k: 'hush-3' }] },
    { type: 'send', transport: 'websocket', frame: ['a', 'hush-4'] },
    { type: 'receive', transport: 'websocket', frame: ['w', { v: 1, id: 'me', k: 'hush-5', hb: 1, dd: 1 }] },
    says('room:1', { token: 'hush-6' }),
    { type: 'lost', transport: 'websocket', code: 1006, reason: 'wss://x.test/?token=hush-7' },
  )
  for (const name of ['Attempts', 'Channels', 'Frames']) {
    tab(name)
    expect(text()).not.toContain('hush')
  }
  expect(inspector.export()).not.toContain('hush')
})

test('exports what it knows', () => {
  const { client, ...inspector } = open()
  tellMinute(client)
  const report = JSON.parse(inspector.export())
  expect(report).toMatchObject({
    everwire: 'inspector',
    version: 1,
    diagnosis: { title: 'Connected over long-polling' },
    state: { status: 'connected', transport: 'polling', pending: 2 },
  })
  expect(report.attempts.length).toBe(10)
  expect(report.log.at(-1)).toMatch(/room:42/)
})

test('copies a text for people', async () => {
  const written: string[] = []
  vi.stubGlobal('navigator', { clipboard: { writeText: async (text: string) => void written.push(text) } })
  const { client, tool } = open()
  tellMinute(client)
  tool('Copy as text').click()
  expect(written[0]).toMatch(/^everwire: Connected over long-polling\./)
  expect(written[0]).toContain('← event')
})

test('draws once per frame, however much happens', () => {
  const { client, find, text } = open()
  asked = 0
  for (let i = 0; i < 5_000; i++) client.tell(i, says('room:1', i))
  expect(asked).toBe(1)
  expect(find('.diagnosis').textContent).toContain('Not connected yet')
  nextFrame()
  expect(text()).toContain('500')
  // and now and then though nothing happens: time passes
  vi.advanceTimersByTime(250)
  expect(asked).toBe(2)
})

test('draws nothing in a hidden page, and everything when it is seen again', () => {
  const { client, tab, rows } = open()
  tab('Frames')
  const hidden = vi.spyOn(document, 'hidden', 'get').mockReturnValue(true)
  asked = 0
  client.tell(1, says('room:1', 'meanwhile'))
  vi.advanceTimersByTime(10_000)
  expect(asked).toBe(0)
  hidden.mockReturnValue(false)
  document.dispatchEvent(new Event('visibilitychange'))
  nextFrame()
  expect(rows()).toEqual([expect.stringContaining('meanwhile')])
})

test('stands still on request, and then catches up', () => {
  const { client, tab, rows, tool, element } = open()
  tab('Frames')
  client.tell(1, says('room:1', 'before'))
  nextFrame()
  tool('Pause').click()
  client.tell(2, says('room:1', 'meanwhile'))
  tab('Attempts')
  tab('Frames')
  expect(element.paused).toBe(true)
  expect(rows()).toEqual([expect.stringContaining('before')])
  tool('Go on').click()
  nextFrame()
  expect(rows()).toEqual([expect.stringContaining('meanwhile'), expect.stringContaining('before')])
})

test('keeps an unfolded frame unfolded while others come', () => {
  const { client, tab, find } = open()
  client.tell(1, says('room:1', 'look at me'))
  tab('Frames')
  const details = find<HTMLDetailsElement>('details')
  details.open = true
  client.tell(2, says('room:1', 'next'))
  nextFrame()
  expect(details.isConnected).toBe(true)
  expect(details.open).toBe(true)
})

test('listens only while it is in the page, and leaves nothing behind', () => {
  const { client, element, destroy } = open()
  expect(client.listeners).toBe(2)
  destroy()
  expect(client.listeners).toBe(0)
  expect([frames.length, vi.getTimerCount()]).toEqual([0, 0])
  document.body.append(element)
  expect(client.listeners).toBe(2)
  element.client = createScriptedClient()
  expect(client.listeners).toBe(0)
})

test('can be told from the keyboard which page to show', () => {
  const { root } = open()
  const chosen = () => root.querySelector('.tab[aria-selected="true"]')?.textContent
  const press = (key: string) =>
    root.querySelector('.tab[aria-selected="true"]')?.dispatchEvent(new KeyboardEvent('keydown', { key }))
  press('ArrowRight')
  expect(chosen()).toMatch(/^Channels/)
  press('ArrowLeft')
  press('ArrowLeft')
  expect(chosen()).toMatch(/^Frames/)
})
