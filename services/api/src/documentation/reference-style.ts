/** The style of the reference, light or dark as the browser prefers. */
export const referenceStyle = `
:root {
  color-scheme: light dark;
  --text: light-dark(#1a222c, #e8ebef);
  --faint: light-dark(#4d5866, #aab4c2);
  --page: light-dark(#ffffff, #161b22);
  --side: light-dark(#f1f4f8, #1c232c);
  --code: light-dark(#eef2f6, #222a34);
  --line: light-dark(#d3dbe4, #343e4b);
  --link: light-dark(#0b5cb8, #7dbdff);
  --read: light-dark(#0b5cb8, #7dbdff);
  --write: light-dark(#08694f, #5fd3b3);
  --remove: light-dark(#a52a2a, #ff9c9c);
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  display: grid;
  grid-template-columns: 17rem minmax(0, 1fr);
  margin: 0;
  background: var(--page);
  color: var(--text);
  font: 16px/1.55 system-ui, sans-serif;
}
a { color: var(--link); }
nav {
  position: sticky;
  top: 0;
  height: 100vh;
  overflow-y: auto;
  padding: 1.25rem;
  border-right: 1px solid var(--line);
  background: var(--side);
  font-size: 0.9rem;
}
nav ul { margin: 0; padding: 0; list-style: none; }
nav ul ul { padding-left: 0.9rem; }
nav a { display: block; padding: 0.2rem 0; color: var(--text); text-decoration: none; }
nav a:hover { text-decoration: underline; }
nav ul ul a { color: var(--faint); }
nav > ul > li > a { margin-top: 0.5rem; font-weight: 600; }
main { max-width: 56rem; padding: 1.5rem 2rem 6rem; }
main:focus { outline: none; }
h1 { font-size: 2rem; }
h2 { margin-top: 3rem; padding-top: 0.5rem; border-top: 1px solid var(--line); font-size: 1.5rem; }
h3 { margin-top: 2.5rem; font-size: 1.2rem; }
h4 { margin: 1.25rem 0 0.25rem; font-size: 1rem; }
code, pre { font: 0.875rem/1.5 ui-monospace, 'Liberation Mono', monospace; }
code { overflow-wrap: anywhere; }
pre { max-height: 26rem; overflow: auto; margin: 0.5rem 0; padding: 0.75rem 1rem; border-radius: 8px; background: var(--code); }
pre code { overflow-wrap: normal; }
.address { display: flex; gap: 0.6rem; align-items: baseline; }
.method { flex: none; font: 700 0.8rem/1.6 ui-monospace, 'Liberation Mono', monospace; color: var(--write); }
.method.get { color: var(--read); }
.method.delete { color: var(--remove); }
.access { color: var(--faint); font-size: 0.9rem; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 0.9rem; }
th, td { padding: 0.4rem 0.75rem 0.4rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
td { white-space: pre-wrap; }
th code { white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0.25rem 1rem; margin: 0.5rem 0; }
dt { font-weight: 600; }
dd { margin: 0; }
details { margin-top: 1rem; }
summary { cursor: pointer; }
.skip { position: absolute; left: -100vw; z-index: 1; padding: 0.5rem 1rem; background: var(--page); }
.skip:focus { left: 0.5rem; top: 0.5rem; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
@media (max-width: 760px) {
  body { grid-template-columns: minmax(0, 1fr); }
  nav { position: static; height: auto; max-height: 40vh; border-right: 0; border-bottom: 1px solid var(--line); }
  main { padding: 1rem; }
}
`.trimStart();
