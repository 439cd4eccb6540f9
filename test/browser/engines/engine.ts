import { program } from '../../../scripts/programs.mjs'

/** One tab of a real browser, as far as the suite drives it. */
export interface Tab {
  goto(url: string): Promise<void>
  /** Resolves when the way back has begun, not when the page is there. */
  back(): Promise<void>
  evaluate<T>(expression: string): Promise<T>
  /** Out of sight, as when another tab is chosen; `show` brings it back. */
  hide(): Promise<void>
  show(): Promise<void>
  /** Takes the network away from the whole browser, and gives it back. Undefined: this engine cannot be driven to it. */
  readonly network?: (online: boolean) => Promise<void>
  close(): Promise<void>
}

export interface Browser {
  open(): Promise<Tab>
  close(): Promise<void>
}

/** A browser engine: a driver of some lines that opens tabs. */
export interface Engine {
  readonly name: string
  /** Where it is, undefined = not installed. */
  readonly program: string | undefined
  launch(): Promise<Browser>
}

export const programs = {
  chromium: program('chromium'),
  firefox: program('firefox'),
  webkit: program('xvfb') && program('webkit'),
}
