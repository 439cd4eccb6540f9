import type { EverwireError, GapInfo } from 'everwire'
import { type ReceivedEvent, useChannel, useChannelEvents, useEvent, useGap } from 'everwire/react'
import { useState } from 'react'
import type { Live } from '../contract'

type Stream = `stream:${string}`
export type Message = ReceivedEvent<Live['stream:{id}']['events']['message']>

/** A message of ours that the channel has not brought back yet. */
export interface Draft {
  /** The number under which its own event will come back: `info.id`. */
  readonly id: number
  readonly key: string
  readonly text: string
  /** `failed`: it never happened. `unknown`: it may have, the server has lost its memory of it. */
  readonly state: 'pending' | 'accepted' | 'failed' | 'unknown'
  readonly why?: string
}

let drafted = 0

/** The messages of a stream, with ours shown at once and confirmed when they come back in the order of the channel. */
export function useMessages(stream: Stream, me: string) {
  const { publish } = useChannel(stream)
  const messages = useChannelEvents(stream, 'message', { limit: 500, rewind: 50 })
  const [drafts, setDrafts] = useState<readonly Draft[]>([])
  const [gap, setGap] = useState<GapInfo>()

  // a gap is told at once; from the next message on it stands in the list, in its place
  useGap(stream, setGap)
  useEvent(stream, 'message', (_, info) => {
    setGap(undefined)
    if (info.own) setDrafts((all) => all.filter(({ id }) => id !== info.id))
  })

  function send(text: string): void {
    const sent = publish('message', { from: me, text, at: Date.now() }) // queued while there is no connection
    const key = `draft ${++drafted}`
    const become = (change: Partial<Draft>) =>
      setDrafts((all) => all.map((draft) => (draft.key === key ? { ...draft, ...change } : draft)))
    setDrafts((all) => [...all, { id: sent.id, key, text, state: 'pending' }])
    sent.then(
      () => become({ state: 'accepted' }),
      ({ outcome, message }: EverwireError) =>
        become({ state: outcome === 'unknown' ? 'unknown' : 'failed', why: message }),
    )
  }

  function discard(draft: Draft): void {
    setDrafts((all) => all.filter((other) => other !== draft))
  }

  // Events render before other updates: for a moment a message may be in both lists.
  const back = new Set(messages.map(({ info }) => info.own && info.id))
  return {
    messages,
    drafts: drafts.filter(({ id }) => !back.has(id)),
    gap,
    send,
    discard,
    retry(draft: Draft): void {
      discard(draft)
      send(draft.text)
    },
  }
}
