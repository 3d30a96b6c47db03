import { z } from 'zod';
import { deadLetterSchema } from '#infra/streaming/dead-letters.ts';
import { addressOf } from '#policies/addresses.ts';
import { installationLog } from '#tenants/tenant/installation-log.ts';
import { personOnly } from '../operation-access.ts';
import { nextCursorSchema, pageQuery } from '../pages.ts';
import type { ApiRoutes } from './api-routes.ts';

const tags = ['Operators'];
const listSchema = z.object({ items: z.array(deadLetterSchema) });

/** For operators: events that a consumer of the platform could not handle. */
export const deadLetterRoutes: ApiRoutes = (app, { access, caller, journal, pages, config }) => {
  app.get(
    '/v1/operator/dead-letters',
    {
      config: { ...config, access: personOnly('event.read'), problems: [403] },
      schema: {
        operationId: 'listDeadLetters',
        tags,
        summary: 'Returns the events that could not be handled, and what was not believed to be one; newest first',
        querystring: pageQuery,
        response: { 200: listSchema.extend({ nextCursor: nextCursorSchema }) },
      },
    },
    async (request) => {
      const page = pages.open({ operation: 'listDeadLetters' }, request.query, z.string());
      const address = addressOf('worker', 'GET /v1/dead-letters');
      const query = new URLSearchParams({
        take: String(page.take),
        ...(page.after === undefined ? {} : { after: page.after }),
      });
      const { items } = await caller.json({ ...address, path: `${address.path}?${query.toString()}` }, listSchema);
      const { rows, nextCursor } = page.of(items, ({ id }) => id);
      return { items: [...rows], nextCursor };
    },
  );

  app.post(
    '/v1/operator/dead-letters/:deadLetter(^edl_[0-9a-z]{26}$)/replay',
    {
      config: { ...config, access: personOnly('event.replay'), problems: [409] },
      schema: {
        operationId: 'replayDeadLetter',
        tags,
        summary:
          'Has an event handled that could not be handled before, once. 409: it was, or nobody knows who sent it',
        params: z.object({ deadLetter: z.string() }),
        response: { 200: deadLetterSchema },
      },
    },
    async (request) => {
      const { deadLetter } = request.params;
      const target = `dead-letter:${deadLetter}`;
      await journal.add(
        access.of(request).record({ tenant: installationLog, kind: 'change', outcome: 'allowed', target }),
      );
      return caller.json(
        addressOf('worker', 'POST /v1/dead-letters/:any/replay', { any: deadLetter }),
        deadLetterSchema,
      );
    },
  );
};
