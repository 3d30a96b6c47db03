import { expect, test } from 'vitest';
import { introduction } from './introduction.ts';
import { markdown } from './markup.ts';
import { schemaText } from './schema-text.ts';

test('the introduction becomes headings, paragraphs and samples, and nothing of its Markdown is left', () => {
  const html = markdown(introduction('http://127.0.0.1:8080'));
  expect(html).toContain('<h2 id="rate-limits">Rate limits</h2>');
  expect(html).toContain('<pre tabindex="0"><code>curl -H');
  expect(html.replaceAll(/<pre[^]*?<\/pre>/g, '')).not.toMatch(/\*\*|`|^#/m);
});

test('text is shown as text', () => {
  expect(markdown('a <b> & `<i>`')).toBe('<p>a &#60;b&#62; &#38; <code>&#60;i&#62;</code></p>');
});

test('a schema is read as a type', () => {
  const schema = {
    type: 'object',
    required: ['id', 'names'],
    properties: {
      id: { type: 'string', format: 'date-time' },
      names: { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'null' }] } },
      'a-b': { enum: ['x', 1] },
      problem: { $ref: '#/components/schemas/Problem' },
    },
  } as const;
  expect(schemaText(schema)).toBe(
    '{\n  id: string (date-time)\n  names: (string | null)[]\n  "a-b"?: "x" | 1\n  problem?: Problem\n}',
  );
  expect(schemaText({ type: ['string', 'null'] })).toBe('string | null');
  expect(schemaText({})).toBe('any');
});
