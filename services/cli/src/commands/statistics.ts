import { Command, Option } from 'commander';
import colors from 'picocolors';
import { dataOf, type ApiCalls } from '#services/contracts/api-client.ts';
import { harmless, print, say } from '../output.ts';
import { discordId, jsonOption, tenantArgument } from './arguments.ts';
import { exampleTenant } from './examples.ts';
import { signedIn } from './session.ts';
import { pastTime } from './time-argument.ts';

const tables = ['plays', 'hours', 'failures', 'starts', 'tracks', 'members'] as const;
const weekMs = 7 * 24 * 60 * 60_000;
const time = (text: string) => pastTime(text);

interface StatisticsFlags {
  readonly server?: string;
  readonly from?: string;
  readonly to?: string;
  readonly by: 'hour' | 'day' | 'week';
  readonly zone: string;
  readonly csv?: (typeof tables)[number];
  readonly json?: boolean;
}

/** `bailiwick statistics`: what was played, when, by whom, and what failed. */
export function statisticsCommand(): Command {
  return new Command('statistics')
    .addArgument(tenantArgument())
    .description('show what was played, when, by whom, and what failed')
    .option('--server <guild>', 'of one server only', discordId('A server'))
    .option('--from <time>', 'since when, at most 92 days; default: a week ago', time)
    .option('--to <time>', 'until when; default: now', time)
    .addOption(new Option('--by <period>', 'hour, day or week').choices(['hour', 'day', 'week']).default('day'))
    .option('--zone <name>', 'time zone, such as Europe/Berlin', Intl.DateTimeFormat().resolvedOptions().timeZone)
    .addOption(new Option('--csv <table>', 'print one table as CSV').choices(tables))
    .addOption(jsonOption().conflicts('csv'))
    .addHelpText('after', `\nExample:\n  bailiwick statistics ${exampleTenant} --by day --csv plays`)
    .action(async (tenant: string, flags: StatisticsFlags) => {
      const { api } = await signedIn();
      const { server, by, zone, csv, json } = flags;
      const to = flags.to ?? new Date().toISOString();
      const from = flags.from ?? new Date(Date.parse(to) - weekMs).toISOString();
      const range = { from, to, ...(server === undefined ? {} : { guild: server }) };
      const query = { ...range, timeZone: zone, by };
      if (csv !== undefined) {
        const exported = api.GET('/v1/tenants/{tenant}/statistics/export', {
          params: { path: { tenant }, query: { ...query, table: csv } },
          parseAs: 'text',
        });
        process.stdout.write(await dataOf(exported));
        return;
      }
      const counts = await countsOf(api, tenant, query);
      const top = await dataOf(
        api.GET('/v1/tenants/{tenant}/statistics/top', { params: { path: { tenant }, query: range } }),
      );
      if (json) print({ ...counts, top });
      else show(harmless(counts), harmless(top), zone);
    });
}

const countsOf = (
  api: ApiCalls,
  tenant: string,
  query: { from: string; to: string; guild?: string; timeZone: string; by: StatisticsFlags['by'] },
) => dataOf(api.GET('/v1/tenants/{tenant}/statistics', { params: { path: { tenant }, query } }));

type Counts = Awaited<ReturnType<typeof countsOf>>;
interface Top {
  readonly tracks: readonly { readonly title: string; readonly author: string; readonly plays: number }[];
  readonly members: readonly { readonly user: string; readonly plays: number }[];
}

const widestBar = 40;
const shownTops = 10;
const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

function show({ plays, hours, failures, starts }: Counts, top: Top, zone: string): void {
  const all = plays.reduce((sum, { played }) => sum + played, 0);
  say(`${all} tracks played`);
  const most = Math.max(1, ...plays.map(({ played }) => played));
  const when = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    dateStyle: 'short',
    timeStyle: 'short',
    hour12: false,
  });
  for (const { at, played } of plays)
    say(`  ${when.format(new Date(at))}  ${'█'.repeat(Math.round((played / most) * widestBar))} ${played}`);
  const [busiest] = hours.toSorted((one, other) => other.played - one.played);
  if (busiest) say(`Busiest: ${weekdays[busiest.weekday - 1]}, ${busiest.hour}:00, with ${busiest.played} tracks`);
  if (starts.p50Ms !== null)
    say(`Heard within ${starts.p50Ms} ms (half of them), ${starts.p95Ms ?? 'more than 30,000'} ms (95 of 100)`);
  for (const { fault, tracks } of failures) say(colors.red(`Failed, ${fault}: ${tracks}`));
  if (top.tracks.length > 0) say('Most played');
  for (const { title, author, plays: count } of top.tracks.slice(0, shownTops)) say(`  ${count} × ${title}, ${author}`);
  if (top.members.length > 0) say('Asked for most');
  for (const { user, plays: count } of top.members.slice(0, shownTops)) say(`  ${count} × ${user}`);
}
