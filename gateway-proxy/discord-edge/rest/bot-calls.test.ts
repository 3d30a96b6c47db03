import { expect, test } from 'vitest';
import { refusedHeader } from '#infra/http/refusals.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { GuildBook } from '../state/guild-book.ts';
import { BotCalls, type BotCallsOptions } from './bot-calls.ts';

const application = '100000000000000001';
const token = 'token-of-an-interaction-that-nobody-knows';

/** Calls of a bot whose interactions are all unknown; nothing else of them is reached. */
const callsOf = (mayStillArrive: boolean): BotCalls => {
  const reach: BotCallsOptions['reach'] = {
    applicationId: application,
    book: new GuildBook(),
    interactionById: () => undefined,
    interactionByToken: () => undefined,
    mayStillArrive: () => mayStillArrive,
  };
  return new BotCalls({ reach, logger: silentLogger() } as unknown as BotCallsOptions);
};

const answer = (calls: BotCalls, method: string, target: string) =>
  calls.handle({ method, target, contentType: 'application/json', body: new TextEncoder().encode('{"type":4}') });

test.each([
  ['POST', `interactions/500000000000000009/${token}/callback`],
  ['POST', `webhooks/${application}/${token}`],
  ['PATCH', `webhooks/${application}/${token}/messages/@original`],
])('%s %s can be sent again while an earlier session is being continued', async (method, target) => {
  const early = await answer(callsOf(true), method, target);
  expect([early.status, early.headers.get(refusedHeader)]).toEqual([503, 'session.resuming']);
  const late = await answer(callsOf(false), method, target);
  expect([late.status, late.headers.get(refusedHeader)]).toEqual([403, null]);
});
