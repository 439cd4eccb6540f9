/** Node, Bun and Deno. Nothing ends the process: it has to end by itself. */
import process from 'node:process'
import { smoke } from '../smoke.mjs'

console.log(JSON.stringify(await smoke(process.argv[2])))
