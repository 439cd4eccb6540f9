import { RealtimeProvider } from 'everwire/react'
import { useState } from 'react'
import { Chat } from './Chat'
import { Badge, Line } from './Connection'
import { client, name } from './client'
import { Stage } from './Stage'

const stream = 'stream:launch'

export function App() {
  const [me, setMe] = useState(name.read)
  if (!me) return <Door onEnter={setMe} />
  return (
    <RealtimeProvider client={client}>
      <header>
        <Wordmark />
        <Badge />
      </header>
      <main>
        <Stage stream={stream} me={me} />
        <Line />
        <Chat stream={stream} me={me} />
      </main>
    </RealtimeProvider>
  )
}

function Door({ onEnter }: { onEnter: (name: string) => void }) {
  return (
    <div className="door">
      <form
        className="card"
        onSubmit={(event) => {
          event.preventDefault()
          const me = String(new FormData(event.currentTarget).get('name')).trim()
          if (!me) return
          name.write(me)
          onEnter(me)
        }}
      >
        <Wordmark />
        <h1>The show is on.</h1>
        <p>A live-stream chat. Open it in two windows, block WebSocket, restart the server: it goes on.</p>
        <label htmlFor="name">Your name</label>
        <input id="name" name="name" maxLength={24} autoComplete="nickname" required />
        <button type="submit" className="primary">
          Join the chat
        </button>
      </form>
    </div>
  )
}

const Wordmark = () => (
  <p className="wordmark">
    <img src="/icon.svg" alt="" width="22" height="22" /> everwire <span>chat</span>
  </p>
)
