import { createRealtime } from 'everwire/server'
import express from 'express'
import { start } from './start.mjs'

const app = express()
app.get('/hello', (_, response) => response.send('hello'))
const server = app.listen(0, '127.0.0.1', () => console.log(JSON.stringify(server.address())))
start(createRealtime).attach(server, { path: '/realtime' })
