#!/usr/bin/env node
import process from 'node:process'
import { run } from './run'

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())
// whoever reads us has enough (`| head`)
process.stdout.on('error', () => interrupted.abort())

run(process.argv.slice(2), {
  out: (line) => process.stdout.write(`${line}\n`),
  err: (line) => process.stderr.write(`${line}\n`),
  pretty: process.stdout.isTTY === true,
  signal: interrupted.signal,
}).then((code) => {
  process.exitCode = code
})
