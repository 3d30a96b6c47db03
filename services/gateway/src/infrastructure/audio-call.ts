import type { z } from 'zod';
import { BailiwickError, upstreamFault } from '#infra/kernel/errors.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import { parseJson } from '#infra/kernel/json.ts';
import { addressOf, type RouteTo } from '#policies/addresses.ts';
import type { ProxyClient, ProxyRequest } from './proxy-client.ts';

/** The audio service's routes in a guild that name nothing else. */
export type AudioRoute = Exclude<
  Extract<RouteTo<'audio'>, `${string} /v1/tenants/:tenant/guilds/:guild/${string}`>,
  `${string}:entry`
>;

interface AudioRequest extends Omit<ProxyRequest, 'to' | 'method' | 'path'> {
  readonly guild: Snowflake;
  readonly on: AudioRoute;
  readonly query?: Readonly<Record<string, string | number>>;
}

/** Calls the audio service and checks its answer. @throws as ProxyClient, and player.unexpected-answer */
export function createAudioCall(proxy: ProxyClient, tenant: string) {
  return async <Schema extends z.ZodType>(request: AudioRequest, schema: Schema): Promise<z.infer<Schema>> => {
    const { guild, on, query = {}, ...rest } = request;
    const address = addressOf('audio', on, { tenant, guild });
    const asked = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)])).toString();
    const path = asked === '' ? address.path : `${address.path}?${asked}`;
    return parseAnswer(await proxy.request({ ...rest, ...address, path }), schema);
  };
}

/** @throws BailiwickError player.unexpected-answer for anything but success */
export function checkStatus(answer: { readonly status: number }): void {
  if (answer.status >= 200 && answer.status < 300) return;
  throw upstreamFault(
    'player.unexpected-answer',
    'The music service gave an unexpected response. Try again in a moment.',
    {
      status: answer.status,
    },
  );
}

/** @throws BailiwickError player.unexpected-answer for anything but a success of this shape */
export function parseAnswer<Schema extends z.ZodType>(
  answer: { readonly status: number; readonly body: Buffer },
  schema: Schema,
) {
  checkStatus(answer);
  const parsed = schema.safeParse(parseJson(answer.body.toString('utf8')));
  if (parsed.success) return parsed.data;
  throw new BailiwickError({
    code: 'player.unexpected-answer',
    owner: 'platform',
    status: 502,
    message: 'The music service gave an unexpected response. Try again in a moment.',
    operatorMessage: `not as in services/contracts: ${parsed.error.issues.map((issue) => issue.path.join('.')).join(', ')}`,
  });
}
