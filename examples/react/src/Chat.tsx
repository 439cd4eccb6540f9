import { useChannelState } from 'everwire/react'
import { type ReactNode, useLayoutEffect, useRef, useState } from 'react'
import { longest } from '../contract'
import { type Draft, type Message, useMessages } from './useMessages'
import { useTyping } from './useTyping'

export function Chat({ stream, me }: { stream: `stream:${string}`; me: string }) {
  const { status } = useChannelState(stream)
  const { messages, drafts, gap, send, retry, discard } = useMessages(stream, me)
  const typing = useTyping(stream, me)
  return (
    <section className="chat card" aria-label="Chat">
      <Log>
        {messages.length + drafts.length === 0 && (
          <li className="empty">{status === 'joined' ? 'Nobody has said anything yet.' : 'Joining…'}</li>
        )}
        {messages.map((message, i) => (
          <Said key={message.key} message={message} me={me} follows={messages[i - 1]} />
        ))}
        {gap && <Gap />}
        {drafts.map((draft) => (
          <Drafted key={draft.key} draft={draft} me={me} onRetry={retry} onDiscard={discard} />
        ))}
      </Log>
      <p className="typing" role="status" data-testid="typing">
        {typing.names.length > 0 && (
          <>
            <i />
            <i />
            <i /> {listOf(typing.names)}
          </>
        )}
      </p>
      <Composer
        onType={typing.typed}
        onSend={(text) => {
          typing.sent()
          send(text)
        }}
      />
    </section>
  )
}

/** A list that follows its end, unless its reader has scrolled up. */
function Log({ children }: { children: ReactNode }) {
  const list = useRef<HTMLOListElement>(null)
  const [following, setFollowing] = useState(true)
  useLayoutEffect(() => {
    if (following) scrollToEnd(list.current)
  })
  return (
    <div className="log">
      <ol
        ref={list}
        role="log"
        aria-label="Messages"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
        tabIndex={0}
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) =>
          setFollowing(scrollHeight - scrollTop - clientHeight < 40)
        }
      >
        {children}
      </ol>
      {!following && (
        <button type="button" className="latest" onClick={() => scrollToEnd(list.current)}>
          Newest messages
        </button>
      )}
    </div>
  )
}

const scrollToEnd = (list: HTMLElement | null) => list?.scrollTo({ top: list.scrollHeight })

function Said({ message, me, follows }: { message: Message; me: string; follows: Message | undefined }) {
  const { data, gap } = message
  const goesOn = !gap && follows?.data.from === data.from && data.at - follows.data.at < 120_000
  return (
    <>
      {gap && <Gap />}
      <Row
        from={data.from}
        text={data.text}
        own={data.from === me}
        goesOn={goesOn}
        state="sent"
        note={<Time at={data.at} />}
      />
    </>
  )
}

interface DraftedProps {
  draft: Draft
  me: string
  onRetry: (draft: Draft) => void
  onDiscard: (draft: Draft) => void
}

function Drafted({ draft, me, onRetry, onDiscard }: DraftedProps) {
  const { text, state, why } = draft
  return (
    <Row from={me} text={text} own state={state} note={state === 'pending' && <small>sending…</small>}>
      {(state === 'failed' || state === 'unknown') && (
        <p className="outcome">
          {state === 'failed' ? `Not sent: ${why}` : 'Perhaps sent: the server has lost track of it'}
          <button type="button" onClick={() => onRetry(draft)}>
            {state === 'failed' ? 'Try again' : 'Send again'}
          </button>
          <button type="button" onClick={() => onDiscard(draft)}>
            Discard
          </button>
        </p>
      )}
    </Row>
  )
}

interface RowProps {
  from: string
  text: string
  own: boolean
  state: Draft['state'] | 'sent'
  goesOn?: boolean
  /** Beside the name. */
  note?: ReactNode
  children?: ReactNode
}

function Row({ from, text, own, state, goesOn = false, note, children }: RowProps) {
  return (
    <li
      className="row"
      data-state={state}
      data-own={own}
      data-goes-on={goesOn}
      style={{ '--hue': hueOf(from) } as object}
    >
      <span className="face" aria-hidden>
        {[...from][0]?.toUpperCase()}
      </span>
      <p className="head">
        <b>{from}</b> {note}
      </p>
      <p className="said">{text}</p>
      {children}
    </li>
  )
}

const Time = ({ at }: { at: number }) => (
  <time dateTime={new Date(at).toISOString()}>
    {new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}
  </time>
)

const Gap = () => (
  <li className="gap" data-testid="gap">
    Messages may be missing here
  </li>
)

function Composer({ onSend, onType }: { onSend: (text: string) => void; onType: () => void }) {
  const [text, setText] = useState('')
  const left = longest - text.length
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault()
        if (!text.trim()) return
        onSend(text.trim())
        setText('')
      }}
    >
      <label className="hidden" htmlFor="text">
        Message
      </label>
      <input
        id="text"
        value={text}
        placeholder="Say something"
        autoComplete="off"
        enterKeyHint="send"
        aria-describedby="left"
        onChange={(event) => {
          setText(event.target.value)
          if (event.target.value) onType()
        }}
      />
      <span id="left" className="left" data-over={left < 0}>
        {left < 50 && <>{left} left</>}
      </span>
      <button type="submit" className="primary">
        Send
      </button>
    </form>
  )
}

function listOf(names: readonly string[]): string {
  if (names.length > 3) return 'several people are typing'
  return `${new Intl.ListFormat('en').format(names)} ${names.length === 1 ? 'is' : 'are'} typing`
}

/** The same colour for the same name. */
function hueOf(name: string): number {
  let hash = 0
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 360
  return hash
}
