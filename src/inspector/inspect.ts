import type { Inspectable } from './debug'
import { defineInspector, elementName, type InspectorElement } from './element'

/** Options of `inspect`. */
export interface InspectOptions {
  /** Where to put it, as a part of the page. Default: docked to the bottom right corner. */
  parent?: Element | undefined
  /** Unfolded from the beginning. Default false: a small button with the state of the connection. */
  open?: boolean | undefined
}

/** An inspector in a page. */
export interface Inspector {
  readonly element: InspectorElement
  /** Takes it out of the page, and stops listening to the client. */
  destroy(): void
  /** Everything that is known, as JSON, without secrets. */
  export(): string
}

/**
 * Shows in the page why a client is connected or not: its states, each attempt with the reason it failed, channels, and frames by name.
 *
 * @example
 * const client = createClient({ url, debug: createDebug() })
 * inspect(client)
 *
 * @throws EverwireError `invalid` for a client without a debug stream
 */
export function inspect(client: Inspectable, { parent, open = false }: InspectOptions = {}): Inspector {
  defineInspector()
  const element = document.createElement(elementName) as InspectorElement
  element.client = client
  element.open = open
  element.toggleAttribute('inline', parent !== undefined)
  const home = parent ?? document.body
  home.append(element)
  return {
    element,
    destroy: () => element.remove(),
    export: () => element.export(),
  }
}
