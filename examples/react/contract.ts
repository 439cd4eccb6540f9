/** What may be said where. The server and the page import this type, so neither can misspell the other. */
export type Live = {
  'stream:{id}': {
    events: {
      message: { from: string; text: string; at: number }
      typing: { from: string }
      cheer: { from: string }
    }
  }
  audience: { events: { count: { viewers: number } } }
}

/** Longest message, in characters. The page warns, the server insists. */
export const longest = 300
