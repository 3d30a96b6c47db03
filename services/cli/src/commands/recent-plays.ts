import { Command } from 'commander';
import { dataOf, type ApiCalls } from '#services/contracts/api-client.ts';
import { harmless, print, say } from '../output.ts';
import { jsonOption, tenantArgument, wholeNumber } from './arguments.ts';
import { exampleTenant } from './examples.ts';
import { signedIn } from './session.ts';

const hourMs = 60 * 60_000;
const widestBar = 40;
const shownTops = 5;

interface RecentPlaysFlags {
  readonly minutes: number;
  readonly json?: boolean;
}

/** `bailiwick recent-plays`: what is played and fails now, of one tenant, or for operators of all of them together. */
export const recentPlaysCommand = (): Command =>
  new Command('recent-plays')
    .addArgument(tenantArgument('[tenant]', 'tenant ID, from `tenant list`; default: all together, for operators'))
    .description('show what was played and failed in the last minutes, hour and day')
    .option('--minutes <count>', 'how many minutes to list, at most 1440', wholeNumber, 15)
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick recent-plays ${exampleTenant} --minutes 30`)
    .action(async (tenant: string | undefined, { minutes, json }: RecentPlaysFlags) => {
      const { api } = await signedIn();
      const recent = await recentOf(api, tenant, { minutes });
      const tops = tenant === undefined ? [] : await topsOf(api, tenant);
      if (json) return print(tenant === undefined ? recent : { ...recent, tops });
      show(recent);
      for (const { last, tracks } of harmless(tops)) {
        if (tracks.length > 0) say(`Most played in the last ${last}`);
        for (const { title, author, plays } of tracks.slice(0, shownTops)) say(`  ${plays} × ${title}, ${author}`);
      }
    });

/** What plays is known to a tenant's own people only. */
const topsOf = (api: ApiCalls, tenant: string) =>
  Promise.all(
    (['hour', 'day'] as const).map(async (last) => {
      const params = { path: { tenant }, query: { last } };
      const { tracks } = await dataOf(api.GET('/v1/tenants/{tenant}/statistics/recent/top', { params }));
      return { last, tracks };
    }),
  );

const recentOf = (api: ApiCalls, tenant: string | undefined, query: { minutes: number }) =>
  tenant === undefined
    ? dataOf(api.GET('/v1/operator/statistics/recent', { params: { query } }))
    : dataOf(api.GET('/v1/tenants/{tenant}/statistics/recent', { params: { path: { tenant }, query } }));

function show({ minutes, lastHour, lastDay, busiest, heard }: Awaited<ReturnType<typeof recentOf>>): void {
  for (const [name, sums] of [
    ['hour', lastHour],
    ['day', lastDay],
  ] as const)
    say(`In the last ${name}: ${sums.played} tracks played, ${sums.failed} failed`);
  const when = new Intl.DateTimeFormat('en-CA', { timeStyle: 'short', hour12: false });
  if (busiest)
    say(
      `Busiest: ${when.format(new Date(busiest.from))} to ${when.format(new Date(busiest.to))}, with ${busiest.played} tracks`,
    );
  const heardMs = heard.reduce((sum, each) => sum + each.heardMs, 0);
  say(`Music was heard for ${(heardMs / hourMs).toFixed(1)} hours in the last day, in all servers together`);
  const most = Math.max(1, ...minutes.map(({ played }) => played));
  for (const { at, played, failed } of minutes)
    say(
      `  ${when.format(new Date(at))}  ${'█'.repeat(Math.round((played / most) * widestBar))} ${played}${failed > 0 ? `, ${failed} failed` : ''}`,
    );
}
