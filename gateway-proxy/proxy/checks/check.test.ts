import { expect, it } from 'vitest';
import type { Exchange, Routed } from '../exchange/exchange.ts';
import { check, Checks, deny, pass } from './check.ts';
import { botOf, exchangeFor, guildOne, playerPath, tenantA } from './exchange.fixture.ts';

const exchange = () => exchangeFor({ caller: botOf(tenantA), path: playerPath(tenantA, guildOne) });

it('the first refusal ends the checks, and a later one sees what an earlier one found', async () => {
  const ran: string[] = [];
  const finds = check<unknown, Exchange, 'path'>('finds', () => pass.with({ headers: new Map(), path: '/found' }));
  const refuses = check<unknown>('refuses', ({ path }) => {
    ran.push(path);
    return deny('route.unknown');
  });
  const never = check<unknown>('never', () => {
    ran.push('never');
    return pass;
  });
  const outcome = await Checks.none().followedBy(finds).followedBy(refuses).followedBy(never).run(exchange(), {});
  expect(outcome).toMatchObject({ code: 'route.unknown' });
  expect(ran).toEqual(['/found']);
});

it('a check that needs what none before it has found does not compile', () => {
  const needsRoute = check<unknown, Routed>('needs-route', ({ route }) =>
    route.stream ? deny('route.unknown') : pass,
  );
  // @ts-expect-error No check before it has found the route.
  Checks.none().followedBy(needsRoute);
  // @ts-expect-error It promises a route and finds none.
  check<unknown, Exchange, 'route'>('empty', () => pass);
  expect(needsRoute.name).toBe('needs-route');
});
