// The page's style sheet: one column, light and dark, readable on a phone, sensible on paper. Nothing is fetched.

export const PAGE_STYLE = `
:root { color-scheme: light dark; --ground: #fff; --text: #1b1f24; --faint: #5f6975; --line: #d8dee4; --raised: #f5f7f9;
  --good: #116329; --bad: #a40e26; --open: #6b5200; }
@media (prefers-color-scheme: dark) { :root { --ground: #14171a; --text: #e2e6ea; --faint: #9aa4af; --line: #343b43; --raised: #1d2126;
  --good: #6fdd8b; --bad: #ff9492; --open: #e3b341; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 80rem; padding: 1.5rem 1rem 4rem; background: var(--ground); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .25rem; }
p { max-width: 46rem; margin: .4rem 0; } .question { font-size: 1.1rem; } .faint, figcaption { color: var(--faint); }
dl.facts { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 1rem 0; }
dl.facts dt { color: var(--faint); } dl.facts dd { margin: 0; overflow-wrap: anywhere; }
ul.warnings { border-left: .25rem solid var(--open); margin: 1rem 0; padding: .5rem .75rem .5rem 1.75rem; background: var(--raised); }
.wide { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { border-bottom-width: 2px; font-weight: 600; white-space: nowrap; }
.number { text-align: right; white-space: nowrap; } td.text { white-space: nowrap; } td.words { min-width: 12rem; }
.supported { color: var(--good); font-weight: 600; } .contradicted { color: var(--bad); font-weight: 600; }
.undecided { color: var(--open); font-weight: 600; }
figure { margin: 1.5rem 0; } figure svg { display: block; height: auto; max-width: 100%; }
details { margin: .4rem 0; font-size: .875rem; } summary { cursor: pointer; color: var(--faint); }
pre { background: var(--raised); border: 1px solid var(--line); padding: .75rem; overflow-x: auto; font-size: .8rem; line-height: 1.4; }
@media (max-width: 40rem) { figure svg { max-width: none; } figure .wide { padding-bottom: .25rem; } dl.facts { grid-template-columns: 1fr; }
  dl.facts dd { margin-bottom: .4rem; } }
@media print { :root { --ground: #fff; --text: #000; --faint: #444; --line: #bbb; --raised: #fff; --good: #116329; --bad: #a40e26; --open: #6b5200; }
  body { max-width: none; padding: 0; font-size: 10pt; } table { font-size: 7.5pt; } td.text { white-space: normal; } th, td { padding: .15rem .3rem; } figure, tr { break-inside: avoid; } .wide { overflow: visible; } h2, h3 { break-after: avoid; } }
`;
