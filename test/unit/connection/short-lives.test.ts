import { expect, test } from 'vitest'
import { setUp } from '../../support/harness'

test('who had a good connection not long ago comes back soon', async () => {
  const { connect, client, environment, websocket, polling } = setUp()
  const dial = await connect()
  await environment.advance(6_000)
  dial.drop()
  const lostAt = environment.now()
  let longest = 0
  for (let dials = 1; environment.now() - lostAt < 13_000; dials++) {
    const wait = (client.state.retryAt ?? Infinity) - environment.wall()
    longest = Math.max(longest, wait)
    await environment.advance(wait + 1) // the wall clock is coarse
    expect(websocket.all.length).toBe(dials + 1)
    for (const { all } of [websocket, polling]) all.at(-1)?.refuse()
  }
  expect(client.state.attempt).toBeGreaterThan(6)
  expect(longest).toBeLessThanOrEqual(1_501)
})

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
