import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { systemClock } from '#infra/kernel/clock.ts';
import { BailiwickError, type Fault } from '#infra/kernel/errors.ts';
import { installationId } from '#infra/kernel/ids.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { redisUrlSchema, type RedisSettings, type SharedStateSettings } from '#infra/shared-state/settings.ts';
import { openSharedState } from '#infra/shared-state/open-shared-state.ts';
import { isPlainRedis } from './plain-redis.ts';

const file = z.string().min(1);

/** `sharedState` of the settings file: what several gateway-proxies share is in their Redis. */
export const liveSharedStateSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('memory') }),
  z.strictObject({
    kind: z.literal('redis'),
    url: redisUrlSchema,
    user: z.string().min(1).default('gateway-proxy'),
    passwordFile: file,
    trustFile: file.optional(),
  }),
]);
type LiveSharedState = z.infer<typeof liveSharedStateSchema>;

const trustAt = '/sharedState/trustFile';
const passwordAt = '/sharedState/passwordFile';

/** The files that `sharedState` names, by the path of the setting. */
export const filesOfSharedState = (state: LiveSharedState): [string, string | undefined][] =>
  state.kind === 'memory'
    ? []
    : [
        [trustAt, state.trustFile],
        [passwordAt, state.passwordFile],
      ];

/** What gateway-proxy needs, given the contents of those files. */
export function sharedStateOf(state: LiveSharedState, files: ReadonlyMap<string, string>): SharedStateSettings {
  if (state.kind === 'memory') return state;
  const trustPem = files.get(trustAt);
  return {
    kind: 'redis',
    url: state.url,
    user: state.user,
    password: files.get(passwordAt) ?? '',
    ...(trustPem === undefined ? {} : { trustPem }),
  };
}

const probeMs = 3_000;
const everyMs = 50;
/** Also while there is no connection yet. */
const silent = 'it does not answer';

/** Whether Redis can be reached over TLS, and lets this user look at what the installation shares. */
export async function probeRedis(settings: RedisSettings, installation: string): Promise<Fault | undefined> {
  const owner = { installation: installationId(installation), logger: silentLogger(), clock: systemClock };
  await using state = await openSharedState(settings, owner);
  const untilMs = Date.now() + probeMs;
  let why = silent;
  while (why.endsWith(silent) && Date.now() < untilMs) {
    try {
      await state.knows({ name: 'probe' });
      return undefined;
    } catch (error) {
      why = error instanceof BailiwickError ? (error.operatorMessage ?? error.message) : 'unknown';
    }
    await delay(everyMs);
  }
  if (why.endsWith(silent) && (await isPlainRedis(settings.url)))
    return { at: '/sharedState/url', message: 'Redis does not speak TLS there: give it a tls-port' };
  const at = why.includes('password') ? passwordAt : why.includes('authority') ? trustAt : '/sharedState/url';
  return { at, message: why };
}
