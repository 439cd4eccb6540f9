import { smoke } from '../smoke.mjs'

globalThis.results = smoke(location.origin)
