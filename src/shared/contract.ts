/** What one channel carries. Everything is optional: no `events` means that nothing can be published or listened to. */
export interface ChannelContract {
  /** Event name → the type of its data. */
  events?: object
  /** Request name → `(input) => output`. */
  requests?: object
}

/**
 * A contract: channel pattern → what such channels carry. `{x}` in a pattern stands for one or more characters except `:`.
 * Any object type of this shape will do; this name is for those who want to constrain one.
 *
 * @example
 * type Chat = {
 *   'room:{id}': {
 *     events: { message: { from: string; text: string } }
 *     requests: { history: (input: { limit: number }) => { from: string; text: string }[] }
 *   }
 * }
 */
export type Contract = Record<string, ChannelContract>

/** What holds without a contract: any channel, any event, data of which nothing is known. */
export interface UntypedContract {
  [pattern: string]: {
    events: Record<string, unknown>
    requests: Record<string, (input: unknown) => unknown>
  }
}

/**
 * The patterns of a contract.
 *
 * @example PatternsOf<Chat>   // 'room:{id}'
 */
export type PatternsOf<C> = keyof C & string

/**
 * The parameters of a pattern.
 *
 * @example Params<'room:{id}'>   // { id: string }
 */
export type Params<P extends string> = string extends P
  ? Readonly<Record<string, string>>
  : { readonly [K in ParamNames<P>]: string }

type ParamNames<P extends string> = P extends `${string}{${infer K}}${infer Rest}` ? K | ParamNames<Rest> : never

/**
 * The names a contract has channels for.
 *
 * @example ChannelName<Chat>   // `room:${string}`
 */
export type ChannelName<C> = NameFor<PatternsOf<C>>

type NameFor<P extends string> = P extends `${infer Before}{${string}}${infer After}`
  ? `${Before}${string}${NameFor<After>}`
  : P

/**
 * The pattern that a name falls under: of several, the one with the most literal characters. `never` if none fits.
 *
 * @example PatternFor<Chat, 'room:42'>   // 'room:{id}'
 */
export type PatternFor<C, N extends string> = N extends PatternsOf<C> ? N : MostLiteral<Matching<PatternsOf<C>, N>>

type Matching<P extends string, N extends string> = P extends string ? (Matches<N, P> extends true ? P : never) : never

/** Parameters hold no colon, so name and pattern must agree between each pair of colons. */
type Matches<N extends string, P extends string> = P extends `${infer PatternHead}:${infer PatternTail}`
  ? N extends `${infer Head}:${infer Tail}`
    ? MatchesPart<Head, PatternHead> extends true
      ? Matches<Tail, PatternTail>
      : false
    : false
  : N extends `${string}:${string}`
    ? false
    : MatchesPart<N, P>

type MatchesPart<N extends string, P extends string> = N extends ''
  ? P extends ''
    ? true
    : false
  : N extends NameFor<P>
    ? true
    : false

type MostLiteral<P extends string, All extends string = P> = P extends string
  ? true extends IsLonger<Literal<Exclude<All, P>>, Literal<P>>
    ? never
    : P
  : never

type Literal<P extends string> = P extends `${infer Before}{${string}}${infer After}` ? `${Before}${Literal<After>}` : P

type IsLonger<A extends string, B extends string> = A extends `${string}${infer RestA}`
  ? B extends `${string}${infer RestB}`
    ? IsLonger<RestA, RestB>
    : true
  : false

/**
 * The events of a channel: name → type of the data. Takes a channel's name or its pattern.
 *
 * @example EventsOf<Chat, 'room:42'>['message']   // { from: string; text: string }
 */
export type EventsOf<C, N extends string> = Part<C, N, 'events'>

/**
 * The requests of a channel: name → `(input) => output`. Takes a channel's name or its pattern.
 *
 * @example Parameters<RequestsOf<Chat, 'room:42'>['history']>   // [input: { limit: number }]
 */
export type RequestsOf<C, N extends string> = Part<C, N, 'requests'>

type Part<C, N extends string, K extends string> =
  PatternFor<C, N> extends infer P extends keyof C
    ? C[P] extends { [_ in K]: infer T }
      ? T
      : Record<never, never>
    : Record<never, never>
