/** The page's only style sheet. */
export const style = `
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #57606a; --paper: #fff; --band: #f4f6f8; --line: #d0d7de;
  --good: #0a6b33; --bad: #b3261e; --warn: #8a5300; --warnband: #fff4dc; --accent: #0b5394; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --dim: #a3adb8; --paper: #14181d; --band: #1d2329; --line: #39424c;
  --good: #5fd08a; --bad: #ff8f85; --warn: #ffc46b; --warnband: #33270f; --accent: #8ec2f5; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 system-ui, "Noto Sans TC", "Microsoft JhengHei", sans-serif; }
header, main, footer { max-width: 70rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
h1 { font-size: 1.15rem; font-weight: 600; color: var(--dim); margin: 0; }
.headline { font-size: 2rem; line-height: 1.25; font-weight: 700; margin: .4rem 0 .6rem; text-wrap: balance; }
h2 { font-size: 1.3rem; margin: 2.4rem 0 .6rem; padding-top: .8rem; border-top: 1px solid var(--line); }
h3 { font-size: 1.05rem; margin: 1.2rem 0 .3rem; }
p, ul { margin: .4rem 0; } ul { padding-left: 1.3rem; }
.dim { color: var(--dim); }
.banner { border: 2px solid var(--warn); background: var(--warnband); padding: .8rem 1rem; margin: 1rem 0; border-radius: .4rem; font-weight: 600; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .6rem 0 1rem; font-size: .92rem; }
caption { text-align: left; color: var(--dim); padding: .2rem 0 .4rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
.reasons li, td span[lang] { overflow-wrap: anywhere; }
thead th { background: var(--band); white-space: nowrap; }
tbody th { font-weight: 600; min-width: 11rem; }
time { white-space: nowrap; }
td.number, th.number { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
.id { display: block; color: var(--dim); font: .82rem/1.4 ui-monospace, monospace; font-weight: 400; }
.state { font-weight: 700; white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.reasons { margin: .2rem 0 0; padding-left: 1.1rem; }
code { font: .88rem ui-monospace, monospace; background: var(--band); padding: .1rem .3rem; border-radius: .25rem; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1rem; } dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
footer { padding-bottom: 2.5rem; }
@media (max-width: 40rem) { th, td { overflow-wrap: anywhere; } .headline { font-size: 1.5rem; } dl { grid-template-columns: 1fr; } dd { margin-bottom: .5rem; } }
@media print, (max-width: 60rem) {
  .stack thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .stack tr { display: block; border-bottom: 2px solid var(--line); padding: .4rem 0; }
  .stack th, .stack td { display: block; border: 0; padding: .15rem 0; text-align: left; }
  .stack td.number { display: inline-block; margin-right: .9rem; }
  .stack td::before { content: attr(data-name) ": "; color: var(--dim); font-weight: 400; } .stack td:empty { display: none; } }
@media print { :root { --ink: #000; --dim: #444; --paper: #fff; --band: #eee; --line: #999; --good: #064d24; --bad: #8c1d18; --warn: #6b4000; --warnband: #fff; }
  body { font-size: 10pt; } th, td { overflow-wrap: anywhere; } h2 { break-after: avoid; } tr, .banner { break-inside: avoid; } thead { display: table-header-group; } .wide { overflow: visible; } }
`
