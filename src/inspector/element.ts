import { createController } from './controller'
import type { Inspectable } from './debug'
import { styles } from './styles'

/** The name of the element. */
export const elementName = 'everwire-inspector'

/**
 * The inspector as an element. Attributes: `open`, `inline` (part of the page instead of docked to its corner), `theme` (`light`,
 * `dark`; default: as the system).
 *
 * @example
 * defineInspector()
 * const element = document.createElement('everwire-inspector') as InspectorElement
 * element.client = client
 * document.body.append(element)
 */
export interface InspectorElement extends HTMLElement {
  /** Who is inspected. Listened to only while the element is in a page. */
  client: Inspectable | undefined
  /** Unfolded. */
  open: boolean
  /** Stands still; what happens meanwhile is shown when it goes on. */
  paused: boolean
  /** Everything that is known, as JSON, without secrets. */
  export(): string
}

/**
 * Registers `<everwire-inspector>`. `inspect` does it by itself; only markup of your own needs it. Does nothing the second time.
 *
 * @example
 * defineInspector()
 * document.querySelector('everwire-inspector').client = client
 */
export function defineInspector(): void {
  // made only now: where there is no DOM there is no HTMLElement to extend, and importing must not do anything
  if (!customElements.get(elementName)) customElements.define(elementName, createElementClass())
}

function createElementClass() {
  return class extends HTMLElement implements InspectorElement {
    static readonly observedAttributes = ['open', 'inline']
    readonly #controller = createController(this)

    constructor() {
      super()
      const root = this.attachShadow({ mode: 'open' })
      // a sheet of its own passes a content security policy that forbids inline styles
      const sheet = new CSSStyleSheet()
      sheet.replaceSync(styles)
      root.adoptedStyleSheets = [sheet]
      root.append(...this.#controller.elements)
    }

    get client() {
      return this.#controller.client
    }
    set client(client: Inspectable | undefined) {
      this.#controller.client = client
    }

    get paused() {
      return this.#controller.paused
    }
    set paused(paused: boolean) {
      this.#controller.paused = paused
    }

    get open() {
      return this.hasAttribute('open')
    }
    set open(open: boolean) {
      this.toggleAttribute('open', open)
    }

    export(): string {
      return this.#controller.export()
    }

    connectedCallback(): void {
      this.#controller.attach()
    }

    disconnectedCallback(): void {
      this.#controller.detach()
    }

    attributeChangedCallback(): void {
      this.#controller.look()
    }
  }
}
