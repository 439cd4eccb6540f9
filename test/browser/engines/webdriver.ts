/** As much of W3C WebDriver as the suite needs, by plain requests. */
export async function openSession(driver: string) {
  const { sessionId } = await command<{ sessionId: string }>(driver, 'POST', '/session', { capabilities: {} })
  const say = <T>(method: string, path: string, body?: object) =>
    command<T>(driver, method, `/session/${sessionId}${path}`, body)
  return {
    goto: (url: string) => say<void>('POST', '/url', { url }),
    back: () => say<void>('POST', '/back', {}),
    evaluate: <T>(expression: string) =>
      say<T>('POST', '/execute/sync', { script: `return (${expression})`, args: [] }),
    minimize: () => say<void>('POST', '/window/minimize', {}),
    /** Asking a window for its place brings it back from where it was minimized to. */
    restore: () => say<void>('POST', '/window/rect', { x: 0, y: 0 }),
    close: () => say<void>('DELETE', ''),
  }
}

/** Whether the driver listens, and could open a session. */
export const isReady = async (driver: string) => (await command<{ ready: boolean }>(driver, 'GET', '/status')).ready

async function command<T>(driver: string, method: string, path: string, body?: object): Promise<T> {
  const response = await fetch(driver + path, { method, ...(body && { body: JSON.stringify(body) }) })
  const { value } = (await response.json()) as { value: T & { error?: string; message?: string } }
  if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`)
  return value
}
