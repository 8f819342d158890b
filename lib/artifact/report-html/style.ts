/** The page's style sheet: light or dark as the reader's system is, one column that fits any width. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #ffffff; --line: #dfe3e8; --text: #1b2430; --quiet: #56616f;
  --good: #14693a; --good-ground: #e2f3e8; --bad: #a51d2d; --bad-ground: #fbe6e8;
  --none: #6a5200; --none-ground: #f8efd2; --bar: #3667c4; --code: #eef1f5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #12161c; --card: #1b2129; --line: #323b47; --text: #e5eaf0; --quiet: #a3afbd;
    --good: #7fdca4; --good-ground: #15351f; --bad: #ff9aa5; --bad-ground: #451c22;
    --none: #f0cf73; --none-ground: #3a3010; --bar: #7ba2f0; --code: #252d38;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
section, header { background: var(--card); border: 1px solid var(--line); border-radius: .6rem; padding: 1.25rem; margin-bottom: 1rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 0 0 .75rem; }
h3 { font-size: 1rem; margin: 1.25rem 0 .5rem; }
p { margin: .25rem 0 .75rem; }
code { font: .875em/1.4 ui-monospace, monospace; background: var(--code); border-radius: .25rem; padding: .1em .3em; overflow-wrap: anywhere; }
pre { overflow: auto; max-height: 24rem; background: var(--code); border-radius: .4rem; padding: .75rem; margin: .5rem 0 0; }
pre code { padding: 0; overflow-wrap: normal; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .25rem 1rem; margin: 0; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .45rem .6rem .45rem 0; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
thead th { border-top: 0; color: var(--quiet); font-weight: 500; }
tbody th { font-weight: 500; }
summary { cursor: pointer; color: var(--quiet); }
.badge { display: inline-block; border-radius: 1rem; padding: .1rem .7rem; font-weight: 600; font-size: .875rem; white-space: nowrap; }
.passed { color: var(--good); background: var(--good-ground); }
.failed { color: var(--bad); background: var(--bad-ground); }
.skipped { color: var(--none); background: var(--none-ground); }
.verdict { font-size: 1.05rem; margin-bottom: .5rem; }
.finding { border-left: .25rem solid var(--bad); padding-left: .9rem; margin: 1rem 0; }
.finding p { margin: .2rem 0; overflow-wrap: anywhere; }
.fix { color: var(--good); }
.quiet { color: var(--quiet); }
.bars th, .bars td { border: 0; padding: .12rem .6rem .12rem 0; font-variant-numeric: tabular-nums; }
.bars th { width: 1%; white-space: nowrap; font-weight: 400; text-align: right; }
.bars .long { white-space: normal; text-align: left; width: 30%; }
.values th { width: 30%; }
.bars .count { width: 1%; white-space: nowrap; text-align: right; padding-right: 0; }
.bars svg { display: block; width: 100%; height: 1.1rem; }
.bar { fill: var(--bar); }
@media (max-width: 34rem) {
  section, header { padding: 1rem .9rem; }
  dl { grid-template-columns: minmax(0, 1fr); gap: 0; }
  dd { margin-bottom: .6rem; }
  .bars .long, .values th { width: 45%; }
  .stack thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .stack tr { display: block; border-top: 1px solid var(--line); padding: .5rem 0; }
  .stack th, .stack td { display: block; border: 0; padding: .1rem 0; }
}
@media print { body { background: none; } section, header { break-inside: avoid; border: 0; padding: 0; } }
`;
