import { anchorOf, escaped, inline, markdown, sample } from './markup.ts';
import { schemaText, type SchemaShape } from './schema-text.ts';

interface Content {
  readonly [mediaType: string]: { readonly schema?: SchemaShape };
}

export interface DescribedOperation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly {
    readonly in: string;
    readonly name: string;
    readonly required?: boolean;
    readonly description?: string;
    readonly schema?: SchemaShape;
  }[];
  readonly requestBody?: { readonly content: Content };
  readonly security?: readonly Readonly<Record<string, readonly string[]>>[];
  readonly responses: Readonly<Record<string, { readonly description?: string; readonly content?: Content }>>;
}

/** The parts of an OpenAPI document that the page shows. */
export interface ApiDescription {
  readonly info: { readonly title: string; readonly description?: string };
  readonly tags?: readonly { readonly name: string; readonly description?: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
  readonly components?: { readonly schemas?: Readonly<Record<string, SchemaShape>> };
}

interface Placed {
  readonly method: string;
  readonly at: string;
  readonly operation: DescribedOperation;
}

/** The reference as one page without scripts: introduction, then each group with its operations. */
export function referencePage({ info, tags = [], paths, components }: ApiDescription): string {
  const placed = Object.entries(paths).flatMap(([at, methods]) =>
    Object.entries(methods).map(([method, operation]): Placed => ({ method: method.toUpperCase(), at, operation })),
  );
  const groups = tags.map((tag) => ({
    ...tag,
    operations: placed.filter(({ operation }) => operation.tags[0] === tag.name),
  }));
  const introduction = info.description ?? '';
  const topics = [...introduction.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
  const entries = topics.map((topic) => `<li><a href="#${anchorOf(topic)}">${escaped(topic)}</a></li>`).join('');
  const lists = groups.map(
    ({ name, operations }) =>
      `<li><a href="#${groupAnchor(name)}">${escaped(name)}</a><ul>${operations
        .map(({ operation }) => `<li><a href="#${operation.operationId}">${escaped(operation.summary)}</a></li>`)
        .join('')}</ul></li>`,
  );
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${escaped(info.title)} reference</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/docs/reference.css">
  </head>
  <body>
    <a class="skip" href="#main">Skip to the content</a>
    <nav aria-label="Contents">
      <p><a href="/openapi.json">OpenAPI document</a></p>
      <ul>${entries}${lists.join('\n')}<li><a href="#problem">Problem</a></li></ul>
    </nav>
    <main id="main" tabindex="-1">
      <h1>${escaped(info.title)}</h1>
      ${markdown(introduction)}
      ${groups.map(groupSection).join('\n')}
      <section aria-labelledby="problem"><h2 id="problem">Problem</h2>
      <p>The body of every error response.</p>${sample(schemaText(components?.schemas?.['Problem'] ?? {}))}</section>
    </main>
  </body>
</html>
`;
}

const groupAnchor = (name: string): string => `group-${anchorOf(name)}`;

function groupSection(group: { name: string; description?: string; operations: readonly Placed[] }): string {
  const anchor = groupAnchor(group.name);
  return `<section aria-labelledby="${anchor}"><h2 id="${anchor}">${escaped(group.name)}</h2>
    <p>${inline(group.description ?? '')}</p>
    ${group.operations.map(operationArticle).join('\n')}</section>`;
}

function operationArticle({ method, at, operation }: Placed): string {
  const { operationId, summary, description = '', requestBody } = operation;
  const body = Object.entries(requestBody?.content ?? {});
  return `<article aria-labelledby="${operationId}">
    <h3 id="${operationId}">${escaped(summary)}</h3>
    <p class="address"><span class="method ${method.toLowerCase()}">${method}</span> <code>${escaped(at)}</code></p>
    <p>${inline(description)}</p>
    <p class="access">${opensWith(operation)} Operation id: <code>${operationId}</code></p>
    ${parameterTable(operation)}
    ${body.length === 0 ? '' : `<h4>Request body</h4>${contentText(body)}`}
    ${answers(operation)}
  </article>`;
}

/** Without its own declaration, an operation requires a session; an empty one makes it public. */
function opensWith({ security }: DescribedOperation): string {
  if (security?.length === 0) return 'No sign-in required.';
  const scopes = (security ?? []).flatMap((one) => one['apiKey'] ?? []);
  const keys = scopes.map((scope) => `<code>${escaped(scope)}</code>`).join(' or ');
  return scopes.length === 0 ? 'Requires a session.' : `Requires a session, or an API key with the scope ${keys}.`;
}

function parameterTable({ parameters = [], summary }: DescribedOperation): string {
  if (parameters.length === 0) return '';
  const rows = parameters.map(({ name, in: place, required, schema = {}, description = schema.description ?? '' }) => {
    const cells = [place, schemaText(schema), required ? 'yes' : 'no'].map((cell) => `<td>${escaped(cell)}</td>`);
    return `<tr><th scope="row"><code>${escaped(name)}</code></th>${cells.join('')}<td>${inline(description)}</td></tr>`;
  });
  return `<h4>Parameters</h4><div class="scroll" tabindex="0" role="group" aria-label="Parameters of ${escaped(summary)}"><table>
    <thead><tr>${['Name', 'In', 'Type', 'Required', 'Description'].map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead>
    <tbody>${rows.join('')}</tbody></table></div>`;
}

/** Each form once, with its media types. */
function contentText(content: readonly (readonly [string, { readonly schema?: SchemaShape }])[]): string {
  const forms = Map.groupBy(content, ([, { schema }]) => schemaText(schema ?? {}));
  return [...forms]
    .map(([form, sent]) => {
      const mediaTypes = sent.map(([mediaType]) => `<code>${escaped(mediaType)}</code>`).join(', ');
      return `<p>${mediaTypes}</p>${sample(form)}`;
    })
    .join('');
}

function answers({ responses }: DescribedOperation): string {
  const given = Object.entries(responses);
  const done = given.filter(([status]) => /^[23]/.test(status));
  const refused = given.filter(([status]) => /^[45]/.test(status));
  const bodies = done.map(([status, { description, content }]) => {
    const said = description === undefined || description === 'Default Response' ? '' : ` ${inline(description)}`;
    return `<h4>Response ${status}</h4>${said && `<p>${said}</p>`}${contentText(Object.entries(content ?? {}))}`;
  });
  const refusals = refused.map(([status, { description = '' }]) => `<dt>${status}</dt><dd>${inline(description)}</dd>`);
  return `${bodies.join('')}<details><summary>Errors</summary><dl>${refusals.join('')}</dl></details>`;
}
