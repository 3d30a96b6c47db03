import { randomBytes } from 'node:crypto';
import type { Snowflake } from '#infra/kernel/ids.ts';
import type { BodyName, Call } from './mix.ts';
import type { BenchGuild } from './population.ts';

/** The node in the proxy's settings. */
export const node = 'main';

/** What a request is about. */
export interface Content {
  readonly guild: BenchGuild;
  readonly nextId: () => Snowflake;
  /** What a member may have entered. */
  readonly query: string;
  readonly percent: number;
}

const button = (label: string) => ({
  type: 2,
  custom_id: `bw:${label.toLowerCase()}`,
  label,
  style: 2,
  disabled: false,
});
const panel = ({ guild, query }: Content) => ({
  embeds: [
    { color: 5_814_783, title: query, description: `3:25 · for <@${guild.members[0]}>`, footer: { text: '100 %' } },
  ],
  components: [{ type: 1, components: ['Pause', 'Skip', 'Stop', 'Queue'].map(button) }],
  allowed_mentions: { parse: [] },
});

/** By name, what a request carries. */
export const bodies: Readonly<Record<BodyName, (content: Content) => unknown>> = {
  deferral: () => ({ type: 5, data: {} }),
  answer: (content) => ({ type: 4, data: { ...panel(content), flags: 64 } }),
  edit: ({ percent }) => ({ content: `The volume is ${percent} %.`, allowed_mentions: { parse: [] } }),
  panel,
  message: ({ guild, nextId }) => ({ message: { channelId: guild.channel, messageId: nextId() } }),
  ack: () => ({ seq: Math.floor(Math.random() * 1e6) }),
  query: ({ query }) => ({ query }),
  percent: ({ percent }) => ({ percent }),
  voice: ({ guild }) => ({ channelId: guild.voiceChannel, selfMute: false, selfDeaf: true }),
  volume: ({ percent }) => ({ volume: percent }),
  resuming: () => ({ resuming: true, timeout: 60 }),
};

/** What the member entered is what the call carries (policies/commands.ts, commandParameters). */
export function optionsOf({ body }: Call, { query, percent }: Content): ReadonlyMap<string, string | number> {
  if (body === 'query') return new Map([['query', query]]);
  return new Map(body === 'percent' ? [['percent', percent]] : []);
}

/** The path of a pattern; ids that the proxy only passes on are new ones. */
export function pathOf(pattern: string, { guild, nextId, query }: Content): string {
  return pattern.replaceAll(/:([a-z]+)/g, (_, name: string) => {
    switch (name) {
      case 'tenant':
        return guild.tenant;
      case 'guild':
        return guild.id;
      case 'node':
        return node;
      case 'session':
        return 'vs4rh7';
      case 'token':
        return randomBytes(90).toString('base64url');
      case 'search':
        return encodeURIComponent(`ytsearch:${query}`);
      default:
        return nextId();
    }
  });
}
