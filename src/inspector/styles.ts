const light = `
  --paper: #ffffff;
  --field: #f5f6f9;
  --hover: #eef0f5;
  --ink: #14171f;
  --soft: #5b6374;
  --line: #e5e8ee;
  --track: #eceef3;
  --websocket: #2f63e0;
  --polling: #c2690a;
  --good: #0b7a4b;
  --good-paper: #e6f6ed;
  --soon: #935600;
  --soon-paper: #fdf2de;
  --soon-bar: #f3c269;
  --bad: #c6283a;
  --bad-paper: #fdeaec;
  --bad-bar: #e8818c;
  --off: #7b8496;
  --off-paper: #eef0f4;
  --shadow: 0 0 0 1px rgb(20 23 31 / 7%), 0 2px 6px rgb(20 23 31 / 6%), 0 18px 48px rgb(20 23 31 / 16%);
  color-scheme: light;`

const dark = `
  --paper: #14181f;
  --field: #1c212a;
  --hover: #232934;
  --ink: #eceff5;
  --soft: #98a2b4;
  --line: #272d38;
  --track: #222833;
  --websocket: #6f9bff;
  --polling: #f0a040;
  --good: #4ecb8f;
  --good-paper: #132c20;
  --soon: #f0b454;
  --soon-paper: #30240f;
  --soon-bar: #a87a2b;
  --bad: #ff7482;
  --bad-paper: #351a1f;
  --bad-bar: #a8424e;
  --off: #8791a4;
  --off-paper: #222833;
  --shadow: 0 0 0 1px rgb(255 255 255 / 9%), 0 18px 48px rgb(0 0 0 / 55%);
  color-scheme: dark;`

/** The look, in one sheet inside the shadow root. */
export const styles = `
:host {
  all: initial;${light}
  display: block;
  color: var(--ink);
  font: 13px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
}
@media (prefers-color-scheme: dark) { :host(:not([theme="light"])) {${dark}} }
:host([theme="dark"]) {${dark}}
:host([hidden]) { display: none; }
:host(:not([inline])) {
  position: fixed;
  inset: auto max(16px, env(safe-area-inset-right)) max(16px, env(safe-area-inset-bottom)) auto;
  z-index: 2147483000;
}
:host([inline]) { height: 100%; }

*, *::before, *::after { box-sizing: border-box; }
p, ol, dl, dd, pre, h2 { margin: 0; padding: 0; }
ol { list-style: none; }
b { font-weight: 600; }
time, dd, .figures, .mono { font-variant-numeric: tabular-nums; }
button, input { font: inherit; color: inherit; }
button { border: 0; background: none; cursor: pointer; }
:focus-visible { outline: 2px solid var(--websocket); outline-offset: 1px; }
[hidden] { display: none !important; }
.soft { color: var(--soft); }
.icon { width: 17px; height: 17px; fill: none; stroke: currentcolor; stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; }

.dot { flex: none; width: 8px; height: 8px; border-radius: 50%; background: var(--off); }
[data-tone="good"] { --tone: var(--good); --tone-paper: var(--good-paper); }
[data-tone="soon"] { --tone: var(--soon); --tone-paper: var(--soon-paper); }
[data-tone="bad"] { --tone: var(--bad); --tone-paper: var(--bad-paper); }
[data-tone="off"] { --tone: var(--off); --tone-paper: var(--off-paper); }
.dot[data-tone] { background: var(--tone); }

/* the pill: closed */
.pill {
  display: flex; gap: 8px; align-items: center; padding: 8px 14px 8px 12px; border-radius: 99px;
  background: var(--paper); box-shadow: var(--shadow); font-weight: 550; transition: transform 120ms;
}
.pill:hover { transform: translateY(-1px); }
.pill .soft { font-weight: 400; font-variant-numeric: tabular-nums; }

/* the panel: open */
.panel {
  container-type: inline-size; display: flex; flex-direction: column; width: min(432px, calc(100vw - 32px)); height: min(620px, calc(100vh - 32px));
  overflow: hidden; border-radius: 14px; background: var(--paper); box-shadow: var(--shadow);
}
:host([inline]) .panel { width: 100%; height: 100%; min-height: 420px; }
header { display: flex; gap: 9px; align-items: center; padding: 11px 10px 9px 16px; }
.logo { flex: none; width: 20px; height: 20px; }
h2 { flex: 1; font-size: 13px; font-weight: 650; }
h2 span { color: var(--soft); font-weight: 400; }
.tool { display: grid; place-items: center; width: 30px; height: 30px; border-radius: 8px; color: var(--soft); }
.tool:hover { background: var(--hover); color: var(--ink); }
.tool[aria-pressed="true"] { background: var(--soon-paper); color: var(--soon); }

.diagnosis { margin: 0 12px; padding: 12px 14px 13px; border-radius: 11px; background: var(--tone-paper); }
.diagnosis .title { display: flex; gap: 9px; align-items: center; color: var(--tone); font-size: 16px; font-weight: 650; letter-spacing: -0.01em; font-variant-numeric: tabular-nums; }
.diagnosis .dot { position: relative; width: 9px; height: 9px; background: var(--tone); }
.diagnosis[data-tone="soon"] .dot::after {
  content: ""; position: absolute; inset: 0; border-radius: 50%; background: var(--tone); animation: pulse 1.4s ease-out infinite;
}
@keyframes pulse { to { transform: scale(2.8); opacity: 0; } }
@media (prefers-reduced-motion: reduce) { .diagnosis .dot::after { animation: none; } .pill { transition: none; } }
.diagnosis .text { margin-top: 2px; padding-left: 18px; }
.fix { display: flex; gap: 6px; margin-top: 4px; color: var(--ink); font-weight: 550; }
.comfort { color: var(--soft); font-weight: 400; }
.fix::before { content: "→"; color: var(--tone, var(--soon)); font-weight: 650; }
.fix.comfort::before { color: inherit; font-weight: 400; }
.diagnosis .fix { margin-top: 6px; padding-left: 18px; }

.strip { padding: 14px 16px 0; }
.track { height: 36px; }
.track svg { display: block; width: 100%; height: 36px; border-radius: 4px; background: linear-gradient(var(--track) 0 26px, transparent 26px); }
.bar.websocket { fill: var(--websocket); }
.bar.polling { fill: var(--polling); }
.bar.connecting, .bar.waiting { fill: var(--soon-bar); }
.bar.offline, .bar.closed { fill: var(--bad-bar); }
.mark { fill: var(--bad); }
.legend { display: flex; justify-content: space-between; gap: 8px; margin-top: 3px; color: var(--soft); font-size: 11px; white-space: nowrap; }
.keys { display: flex; flex: 1; flex-wrap: wrap; gap: 0 10px; justify-content: center; min-width: 0; }
.key { display: inline-flex; gap: 4px; align-items: center; }
.key::before { content: ""; width: 8px; height: 8px; border-radius: 2px; background: var(--track); }
.key.websocket::before { background: var(--websocket); }
.key.polling::before { background: var(--polling); }
.key.waiting::before { background: var(--soon-bar); }
.key.offline::before { background: var(--bad-bar); }
.key.gap::before { width: 3px; background: var(--bad); }

.tiles { display: grid; grid-template-columns: 1.25fr 1.25fr 0.8fr 0.8fr; margin: 12px 0 0; border-block: 1px solid var(--line); }
.tile { min-width: 0; padding: 9px 12px 10px; }
.tile:first-child { padding-left: 16px; }
.tile + .tile { border-left: 1px solid var(--line); }
dt { overflow: hidden; color: var(--soft); font-size: 11.5px; text-overflow: ellipsis; white-space: nowrap; }
dd { font-size: 17px; font-weight: 620; letter-spacing: -0.01em; white-space: nowrap; }
dd small { color: var(--soft); font-size: 11.5px; font-weight: 400; letter-spacing: 0; }
.with-spark { display: flex; gap: 10px; align-items: center; }
.spark { flex: 1; min-width: 0; height: 22px; }
.spark .line { fill: none; stroke: var(--websocket); stroke-width: 1.6; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.spark .area { fill: var(--websocket); opacity: 0.13; }
.spark.bars { fill: var(--websocket); opacity: 0.8; }

.tabs { display: flex; gap: 2px; padding: 8px 12px 0; border-bottom: 1px solid var(--line); }
.tab { position: relative; padding: 6px 10px 9px; border-radius: 8px 8px 0 0; color: var(--soft); font-weight: 550; }
.tab:hover { color: var(--ink); }
.tab[aria-selected="true"] { color: var(--ink); }
.tab[aria-selected="true"]::after { content: ""; position: absolute; inset: auto 8px -1px; height: 2px; border-radius: 2px; background: var(--websocket); }
.tab small { margin-left: 5px; padding: 0 6px; border-radius: 99px; background: var(--off-paper); color: var(--soft); font-size: 11px; font-variant-numeric: tabular-nums; }

.page { flex: 1; min-height: 0; overflow: auto; overscroll-behavior: contain; scrollbar-width: thin; }
.list > li { display: flex; gap: 10px; align-items: baseline; padding: 8px 16px; }
.list > li + li { border-top: 1px solid var(--line); }
.list > .none { justify-content: center; padding: 28px 16px; color: var(--soft); }
time { flex: none; min-width: 50px; color: var(--soft); font-size: 12px; }
.chip { flex: none; width: 40px; padding: 0 5px; border-radius: 5px; font-size: 10.5px; font-weight: 650; line-height: 17px; text-align: center; color: var(--websocket); background: color-mix(in srgb, var(--websocket) 12%, transparent); }
.chip.polling { color: color-mix(in srgb, var(--polling) 80%, var(--ink)); background: color-mix(in srgb, var(--polling) 14%, transparent); }
.chip.gap { color: var(--bad); background: var(--bad-paper); }
.grow { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.outcome { display: block; padding-left: 14px; text-indent: -14px; }
.outcome .dot { display: inline-block; width: 7px; height: 7px; margin-right: 7px; vertical-align: 1px; }
.outcome b { margin-right: 6px; }
.note { padding-left: 14px; color: var(--soft); font-size: 12.5px; }
.note:empty { display: none; }
.channel b { font-weight: 600; }
.channel .figures { display: grid; justify-items: end; color: var(--soft); font-size: 12px; }
.channel .mono { color: var(--ink); font: 600 12.5px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }

.tools { position: sticky; top: 0; z-index: 1; display: flex; gap: 12px; align-items: center; padding: 8px 12px; border-bottom: 1px solid var(--line); background: var(--paper); }
.tools input[type="search"] { flex: 1; min-width: 0; padding: 5px 10px; border: 1px solid var(--line); border-radius: 8px; background: var(--field); }
.tools label { display: flex; gap: 6px; align-items: center; color: var(--soft); font-size: 12px; white-space: nowrap; }
.tools [type="checkbox"] { margin: 0; accent-color: var(--websocket); }
.list.frames > li { display: block; padding: 0; border: 0; }
.frames { padding: 4px 0; }
summary { display: flex; gap: 8px; align-items: baseline; padding: 5px 16px; cursor: pointer; list-style: none; white-space: nowrap; }
summary::-webkit-details-marker { display: none; }
summary b { flex: none; min-width: 64px; }
summary:hover { background: var(--hover); }
.arrow { flex: none; width: 11px; font-weight: 700; color: var(--websocket); text-align: center; }
.arrow.receive { color: var(--good); }
.where { color: var(--soft); }
code { min-width: 0; overflow: hidden; color: var(--soft); font: 12px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; text-overflow: ellipsis; }
pre { padding: 8px 16px 10px 85px; background: var(--field); font: 12px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }

.body, .details { display: flex; flex: 1; flex-direction: column; min-height: 0; }
.body { overflow: hidden auto; scrollbar-width: thin; }
.details { flex: 1 0 210px; }
@container (max-width: 380px) {
  .tiles { grid-template-columns: 1fr 1fr; }
  .tile:nth-child(odd) { border-left: 0; padding-left: 16px; }
  .tile:nth-child(n + 3), .tab small, h2 span { display: none; }
}
@container (min-width: 760px) {
  .body { flex-direction: row; overflow: hidden; border-top: 1px solid var(--line); }
  .summary { flex: 0 0 44%; padding-top: 12px; border-right: 1px solid var(--line); }
  .summary { overflow: auto; }
  .details { flex: 1; min-width: 0; }
}
`
