/**
 * Keeps the books of a stream of numbers that should come as n, n + 1, n + 2, …
 * What a reported gap has cost is not lost: the library said so, and the page could reload it.
 */
export function createAudit() {
  const missing = new Set()
  const books = { received: 0, doubled: 0, reordered: 0, gaps: 0, longest: 0 }
  let expected
  let excused = true // the first number, too, may be any
  let last

  return {
    gap() {
      books.gaps++
      excused = true
    },
    receive(n, now) {
      books.received++
      if (last !== undefined) books.longest = Math.max(books.longest, now - last)
      last = now
      if (excused) expected = Math.max(n, expected ?? 0)
      excused = false
      if (n < expected) books[missing.delete(n) ? 'reordered' : 'doubled']++
      for (; expected < n; expected++) missing.add(expected)
      if (n === expected) expected++
    },
    /** The silence that lasts counts, too. */
    read: (now) => ({
      ...books,
      lost: missing.size,
      longest: last === undefined ? 0 : Math.max(books.longest, now - last),
    }),
  }
}
