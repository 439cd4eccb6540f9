import { useConnection } from 'everwire/react'
import { blockWebSocket, webSocketBlocked } from './client'

const transports = { websocket: 'WebSocket', polling: 'long-polling' }

/** How it stands with the connection, in the corner. */
export function Badge() {
  const { status, transport, rtt } = useConnection()
  return (
    <div className="badge" data-status={status} role="status">
      <i className="dot" />
      <b data-testid="status">{status}</b>
      {transport && <span data-testid="transport">{transports[transport]}</span>}
      {transport && rtt !== undefined && <span className="rtt">{rtt} ms</span>}
    </div>
  )
}

/** The same in detail, and the switch that stands for a proxy which lets no WebSocket through. */
export function Line() {
  const { transport, rtt, pending, error } = useConnection()
  return (
    <section className="line card" aria-label="Connection">
      <dl>
        <div>
          <dt>transport</dt>
          <dd data-transport={transport}>{transport ? transports[transport] : '–'}</dd>
        </div>
        <div>
          <dt>round trip</dt>
          <dd>{rtt === undefined ? '–' : `${rtt} ms`}</dd>
        </div>
        <div>
          <dt>unsettled</dt>
          <dd data-testid="pending">{pending}</dd>
        </div>
        <div>
          <dt>last error</dt>
          <dd>{error?.code ?? 'none'}</dd>
        </div>
      </dl>
      <label className="switch">
        <input type="checkbox" checked={webSocketBlocked} onChange={(event) => blockWebSocket(event.target.checked)} />
        <span>Block WebSocket</span>
      </label>
    </section>
  )
}
