import { onCountedRequest } from '#infra/http/request-statements.ts';

/** How often a request may send the same statement: what it needs more often, it reads at once. */
const most = 5;

/** Not about what was found: the library of the workflows, which polls; settings of a transaction; locks. */
const notOurs = /"workflows"\.|^\s*set local |pg_advisory/i;
/** Reads the log page by page, however long it is. */
const paged = '/audit/export';

/**
 * Fails at its end if a request has sent the same statement too often: one for each of the things that it found (N+1),
 * which grows with what is stored.
 */
export function refuseRepeatedStatements(): Disposable {
  const found = new Set<string>();
  const watched = onCountedRequest(({ route, statements }) => {
    if (route.endsWith(paged)) return;
    for (const [text, times] of statements.repeated(most))
      if (!notOurs.test(text)) found.add(`${route} sent ${times} times: ${text.replaceAll(/\s+/g, ' ').slice(0, 200)}`);
  });
  return {
    [Symbol.dispose]() {
      watched[Symbol.dispose]();
      if (found.size > 0)
        throw new Error(`Read these at once (infra/README.md, Statements):\n${[...found].join('\n')}`);
    },
  };
}
