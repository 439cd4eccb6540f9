// @vitest-environment happy-dom
import { waitFor } from '@testing-library/react'
import { RealtimeProvider, useChannelEvents, useConnection } from 'everwire/react'
import { StrictMode } from 'react'
import { hydrateRoot } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { expect, onTestFinished, test } from 'vitest'
import { until } from '../support/client'
import { startPair, watchConsole } from './render'

const Page = () => {
  const { status, transport } = useConnection()
  const messages = useChannelEvents('room:1', 'message', { rewind: 10 })
  return (
    <main>
      <b>{`${status} ${transport ?? ''}`}</b>
      {messages.map(({ key, data }) => (
        <p key={key}>{data.text}</p>
      ))}
    </main>
  )
}

test.each(['idle', 'connected'])(
  'a page is hydrated without a mismatch by a client that is %s, and goes live',
  async (status) => {
    const complaints = watchConsole()
    const { client, say, connected } = await startPair()
    const page = (
      <StrictMode>
        <RealtimeProvider client={client}>
          <Page />
        </RealtimeProvider>
      </StrictMode>
    )
    const root = document.createElement('div')
    root.innerHTML = renderToString(page)
    expect(root.innerHTML).toBe('<main><b>idle </b></main>')
    const markup = root.querySelector('b')
    await say('room:1', 'before')
    if (status === 'connected') await client.ready()

    const recovered: unknown[] = []
    const hydrated = hydrateRoot(root, page, { onRecoverableError: (error) => void recovered.push(error) })
    onTestFinished(() => hydrated.unmount())
    await until(client.channel('room:1'), (state) => state.status === 'joined')
    await say('room:1', 'after')
    await waitFor(() => expect(root.textContent).toBe('connected websocketbeforeafter'), { timeout: 10_000 })
    // taken over, not made anew
    expect(root.querySelector('b')).toBe(markup)
    expect(recovered).toEqual([])
    expect(complaints).toEqual([])
    expect(connected).toHaveLength(1)
  },
)
