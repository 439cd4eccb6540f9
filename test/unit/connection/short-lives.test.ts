import { expect, test } from 'vitest'
import { setUp } from '../../support/harness'

test('a network that cuts every link after two seconds is met with a redial at once, each time', async () => {
  const { connect, environment, websocket, polling, greet } = setUp()
  let dial = await connect()
  for (let cut = 0; cut < 3; cut++) {
    await environment.advance(2_000)
    dial.drop()
    const before = websocket.all.length + polling.all.length
    // the server of the harness wants its clients spread over 150 ms
    await environment.advance(150)
    expect(websocket.all.length + polling.all.length).toBeGreaterThan(before)
    const dials = cut < 2 ? websocket : polling // the third young death in a row: WebSocket is not trusted
    dial = await greet(dials.all.at(-1) ?? dial)
  }
})
