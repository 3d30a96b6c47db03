import type { RESTPostAPIApplicationCommandsJSONBody } from 'discord-api-types/v10';
import type { Client } from 'discord.js';
import type { Clock } from '#infra/kernel/clock.ts';
import { backoffDelayMs } from '#infra/kernel/backoff.ts';
import type { ReportedState } from '#tenants/instance-protocol/instance-state.ts';
import type { OpenSessionStatus } from '#tenants/instance-protocol/session-state.ts';
import type { BotLogger } from '../application/bot-ports.ts';
import type { StreamEvents } from './discord-stream.ts';
import { registerCommands } from './register-commands.ts';
import type { SupervisorChannel } from './supervisor-channel.ts';

const settledAfterMs = 5_000;
/** The mean time between two checks of Discord's list of commands. */
const checkEveryMs = 15 * 60_000;
const registrationBackoff = { minMs: 1_000, maxMs: 60_000 };

/** The state that the bot reports to its supervisor, combined from its parts. */
export interface Readiness {
  readonly streamEvents: StreamEvents;
  commands(state: 'pending' | 'registered' | 'failed', detail?: string): void;
}

interface Facts {
  stream: 'connecting' | 'attached' | 'lost';
  session: 'unknown' | OpenSessionStatus;
  reason: string | undefined;
  commands: 'pending' | 'registered' | 'failed';
  detail: string | undefined;
}

/**
 * `ready` if the stream is attached, Discord connected and the commands are registered; reported only when it changes.
 */
export function createReadiness(channel: Pick<SupervisorChannel, 'state'>): Readiness {
  const facts: Facts = {
    stream: 'connecting',
    session: 'unknown',
    reason: undefined,
    commands: 'pending',
    detail: undefined,
  };
  let told = '';
  const tell = (change: Partial<Facts>): void => {
    Object.assign(facts, change);
    const { state, detail } = judge(facts);
    if (told === `${state} ${detail}`) return;
    told = `${state} ${detail}`;
    channel.state(state, detail);
  };
  tell({});
  return {
    streamEvents: {
      attached: () => tell({ stream: 'attached', session: 'unknown' }),
      session: (session, reason) => tell({ session, reason }),
      lost: () => tell({ stream: 'lost' }),
    },
    commands: (commands, detail) => tell({ commands, detail }),
  };
}

function judge(facts: Facts): { state: ReportedState; detail?: string } {
  if (facts.stream === 'lost') return { state: 'degraded', detail: 'The connection to the platform is interrupted.' };
  if (facts.session === 'failed')
    return { state: 'degraded', detail: facts.reason ?? "Discord refuses the bot's session." };
  if (facts.commands === 'failed')
    return { state: 'degraded', detail: facts.detail ?? 'The commands are not registered.' };
  if (facts.stream === 'connecting' || facts.commands === 'pending') return { state: 'starting' };
  if (facts.session === 'connecting') return { state: 'degraded', detail: 'The bot is connecting to Discord.' };
  return { state: 'ready' };
}

/**
 * Registers the commands once Discord knows the bot, retries until it has worked, and checks again about every quarter
 * of an hour: what somebody else deleted or overwrote is registered again.
 */
export function keepCommandsRegistered(options: {
  readonly client: { readonly rest: Pick<Client['rest'], 'get' | 'put'> };
  readonly applicationId: string;
  readonly commands: readonly RESTPostAPIApplicationCommandsJSONBody[];
  readonly readiness: Pick<Readiness, 'commands'>;
  readonly logger: BotLogger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly random?: () => number;
}): void {
  const { client, applicationId, commands, readiness, logger, clock, signal, random = Math.random } = options;
  let registered = false;
  const attempt = (failures: number): void => {
    if (signal.aborted) return;
    registerCommands(client.rest, applicationId, commands).then(
      (registration) => {
        logger.info({ registration, commands: commands.length }, 'commands registered');
        readiness.commands('registered');
        if (!registered) clock.after(settledAfterMs, returnStartUpMemory);
        registered = true;
        clock.after(checkEveryMs * (0.8 + 0.4 * random()), () => attempt(0));
      },
      (error: unknown) => {
        logger.warn({ err: error }, 'could not register the commands yet');
        // If Discord is briefly unavailable, the registered commands stay.
        if (!registered || failures > 0)
          readiness.commands('failed', 'Discord has not accepted the commands yet. Retrying.');
        clock.after(backoffDelayMs(failures, registrationBackoff), () => attempt(failures + 1));
      },
    );
  };
  attempt(0);
}

/**
 * Most of a bot's allocations happen at its start, and an idle V8 keeps them: collecting them once saves a tenth of the
 * process. Node provides `gc` when started with --expose-gc, as the supervisor does.
 */
function returnStartUpMemory(): void {
  const collect: unknown = Reflect.get(globalThis, 'gc');
  if (typeof collect === 'function') collect({ type: 'major', flavor: 'last-resort' });
}
