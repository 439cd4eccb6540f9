import type { ChannelName, EventsOf, Params, PatternFor, RequestsOf, UntypedContract, PatternsOf } from './contract'
type Chat = {
  'room:{id}': {
    events: { message: { from: string; text: string }; typing: { from: string } }
    requests: { history: (input: { limit: number }) => { from: string; text: string }[] }
  }
  'room:{id}:log': { events: { line: string } }
  'room:lobby': { events: { hi: number } }
  'room:vip-{id}': { events: { vip: number } }
  'org:{o}:user:{u}': {}
  lobby: { events: { a: 1 } }
}
type Eq<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const ok = <T extends true>(x?: T) => x
ok<Eq<PatternFor<Chat, 'room:42'>, 'room:{id}'>>()
ok<Eq<PatternFor<Chat, `room:${string}`>, 'room:{id}'>>()
ok<Eq<PatternFor<Chat, `room:${number}`>, 'room:{id}'>>()
ok<Eq<PatternFor<Chat, 'room:lobby'>, 'room:lobby'>>()
ok<Eq<PatternFor<Chat, 'room:vip-1'>, 'room:vip-{id}'>>()
ok<Eq<PatternFor<Chat, 'room:{id}'>, 'room:{id}'>>()
ok<Eq<PatternFor<Chat, 'room:1:log'>, 'room:{id}:log'>>()
ok<Eq<PatternFor<Chat, 'room:1:other'>, never>>()
ok<Eq<PatternFor<Chat, 'room:'>, never>>()
ok<Eq<PatternFor<Chat, 'lobby'>, 'lobby'>>()
ok<Eq<EventsOf<Chat, 'room:9'>['typing'], { from: string }>>()
ok<Eq<keyof EventsOf<Chat, 'org:1:user:2'>, never>>()
ok<Eq<keyof EventsOf<Chat, 'room:1:other'>, never>>()
ok<Eq<keyof RequestsOf<Chat, 'room:1'>, 'history'>>()
ok<Eq<Params<'org:{o}:user:{u}'>, { readonly o: string; readonly u: string }>>()
ok<Eq<ChannelName<UntypedContract>, string>>()
ok<Eq<PatternsOf<UntypedContract>, string>>()
ok<Eq<EventsOf<UntypedContract, 'x'>, Record<string, unknown>>>()
ok<Eq<EventsOf<UntypedContract, string>, Record<string, unknown>>>()
const n: ChannelName<Chat> = 'room:12'
// @ts-expect-error
const m: ChannelName<Chat> = 'rom:12'
export { n, m }
