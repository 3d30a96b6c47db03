import { Command } from 'commander';
import { dataOf } from '#services/contracts/api-client.ts';
import { harmless, print, say } from '../output.ts';
import { everyPage } from '../pages.ts';
import { guildArgument, jsonOption, tenantArgument } from './arguments.ts';
import { exampleGuild, exampleTenant } from './examples.ts';
import { signedIn } from './session.ts';
import { pastTime } from './time-argument.ts';
import { describeEvent, describeMoment, describePastTenant, describeTenantEvent } from './timeline-words.ts';

interface TimelineFlags {
  readonly at?: string;
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

const time = (text: string) => pastTime(text);

/** `bailiwick timeline`: what a server, or a tenant, was at a moment, or what happened between two. */
export function timelineCommand(): Command {
  return new Command('timeline')
    .addArgument(tenantArgument())
    .addArgument(guildArgument('[guild]', 'Discord ID of a server; without it: the tenant and its Discord token'))
    .description(
      'show what played in a server at a time, who asked for it, the policy then, what was denied, and what the tenant was',
    )
    .option('--at <time>', 'a moment, such as 21:03; default: now', time)
    .option('--from <time>', 'instead, list what happened since then', time)
    .option('--to <time>', 'until when; default: now', time)
    .addOption(jsonOption())
    .addHelpText('after', `\nExample:\n  bailiwick timeline ${exampleTenant} ${exampleGuild} --at 21:03`)
    .action(async (tenant: string, guild: string | undefined, flags: TimelineFlags, command: Command) => {
      if (flags.from === undefined && flags.to !== undefined) command.error('error: --to needs --from');
      if (flags.from !== undefined && flags.at !== undefined)
        command.error('error: --at and --from exclude each other');
      if (flags.from === undefined)
        await (guild === undefined ? showPastTenant(tenant, flags) : showMoment(tenant, guild, flags));
      else if (guild === undefined) await showTenantEvents(tenant, { ...flags, from: flags.from });
      else await showEvents(tenant, guild, { ...flags, from: flags.from });
    });
}

async function showMoment(tenant: string, guild: string, { at, json }: TimelineFlags): Promise<void> {
  const { api } = await signedIn();
  const moment = await dataOf(
    api.GET('/v1/tenants/{tenant}/guilds/{guild}/timeline', {
      params: { path: { tenant, guild }, query: { at: at ?? new Date().toISOString() } },
    }),
  );
  if (json) print(moment);
  else say(describeMoment(harmless(moment)));
}

async function showEvents(
  tenant: string,
  guild: string,
  { from, to = new Date().toISOString(), json }: TimelineFlags & { readonly from: string },
): Promise<void> {
  const { api } = await signedIn();
  const items = await everyPage((page) =>
    dataOf(
      api.GET('/v1/tenants/{tenant}/guilds/{guild}/timeline/events', {
        params: { path: { tenant, guild }, query: { ...page, from, to } },
      }),
    ),
  );
  if (json) return print({ items });
  if (items.length === 0) say('Nothing happened there in that time.');
  for (const event of harmless(items)) say(describeEvent(event));
}

async function showPastTenant(tenant: string, { at, json }: TimelineFlags): Promise<void> {
  const { api } = await signedIn();
  const past = await dataOf(
    api.GET('/v1/tenants/{tenant}/timeline', {
      params: { path: { tenant }, query: { at: at ?? new Date().toISOString() } },
    }),
  );
  if (json) print(past);
  else say(describePastTenant(harmless(past)));
}

async function showTenantEvents(
  tenant: string,
  { from, to = new Date().toISOString(), json }: TimelineFlags & { readonly from: string },
): Promise<void> {
  const { api } = await signedIn();
  const items = await everyPage((page) =>
    dataOf(
      api.GET('/v1/tenants/{tenant}/timeline/events', {
        params: { path: { tenant }, query: { ...page, from, to } },
      }),
    ),
  );
  if (json) return print({ items });
  if (items.length === 0) say('Nothing happened to it in that time.');
  for (const event of harmless(items)) say(describeTenantEvent(event));
}
