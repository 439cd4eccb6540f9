import { expect, test } from 'vitest'
import { createAudit } from '../../examples/vanilla/audit.js'

/** The books after these numbers, one every 100 ms; 'gap' is a reported one. */
function booksOf(...stream: (number | 'gap')[]) {
  const audit = createAudit()
  stream.forEach((entry, i) => {
    if (entry === 'gap') audit.gap()
    else audit.receive(entry, i * 100)
  })
  const { lost, doubled, reordered, gaps } = audit.read(stream.length * 100)
  return { lost, doubled, reordered, gaps }
}
const balanced = { lost: 0, doubled: 0, reordered: 0, gaps: 0 }

test('the demo counts what was lost, doubled, reordered and reported', () => {
  expect(booksOf(7, 8, 9)).toEqual(balanced)
  expect(booksOf(1, 2, 5)).toEqual({ ...balanced, lost: 2 })
  expect(booksOf(1, 2, 2, 3)).toEqual({ ...balanced, doubled: 1 })
  expect(booksOf(1, 3, 2, 4)).toEqual({ ...balanced, reordered: 1 })
  expect(booksOf(1, 3, 2, 2, 4)).toEqual({ ...balanced, reordered: 1, doubled: 1 })
  expect(booksOf(1, 2, 'gap', 9, 10)).toEqual({ ...balanced, gaps: 1 })
  expect(booksOf(1, 2, 'gap', 9, 11)).toEqual({ ...balanced, gaps: 1, lost: 1 })
  expect(booksOf(1, 2, 'gap', 2, 3)).toEqual({ ...balanced, gaps: 1, doubled: 1 })
})

test('the demo counts the silence that lasts', () => {
  const audit = createAudit()
  expect(audit.read(500).longest).toBe(0)
  audit.receive(1, 1_000)
  audit.receive(2, 1_300)
  expect(audit.read(1_400).longest).toBe(300)
  expect(audit.read(2_000).longest).toBe(700)
})
