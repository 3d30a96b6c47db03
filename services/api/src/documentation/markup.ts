/** Escapes text for HTML. */
export const escaped = (text: string): string =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);

/** `code` and **strong** within a line. */
export const inline = (text: string): string =>
  escaped(text)
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>')
    .replaceAll(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>');

/** A sample or a schema; it can be focused by keyboard, since it may have to be scrolled. */
export const sample = (text: string): string => `<pre tabindex="0"><code>${escaped(text)}</code></pre>`;

/** The anchor of a heading. */
export const anchorOf = (heading: string): string => heading.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');

/**
 * The Markdown of our own introduction, and no more than it uses: second-level headings, paragraphs, fenced samples
 * without empty lines, code and strong text.
 */
export function markdown(source: string): string {
  return source
    .trim()
    .split(/\n{2,}/)
    .map(block)
    .join('\n');
}

function block(text: string): string {
  const heading = /^## (.+)$/.exec(text);
  if (heading?.[1]) return `<h2 id="${anchorOf(heading[1])}">${inline(heading[1])}</h2>`;
  const fenced = /^```\w*\n([^]*)\n```$/.exec(text);
  return fenced?.[1] === undefined ? `<p>${inline(text)}</p>` : sample(fenced[1]);
}
