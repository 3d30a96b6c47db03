import type { InstanceState } from '../instance-protocol/instance-state.ts';
import type { SessionState } from '../instance-protocol/session-state.ts';
import type { Tenant } from './tenant.ts';

/** Every state of a bot, as people see it. */
export const botStateKinds = [
  'not-set-up',
  'starting',
  'ready',
  'not-in-any-server',
  'degraded',
  'failed',
  'stopped',
  'suspended',
  'deleting',
  'unreachable',
] as const;
export type BotStateKind = (typeof botStateKinds)[number];

export interface BotState {
  readonly kind: BotStateKind;
  /** One or two words. */
  readonly label: string;
  /** What that means, why, and what to do about it. */
  readonly sentence: string;
}

/** What the parts of the platform know of a bot. Null: that part cannot be asked. */
export interface BotFacts {
  readonly tenant: Pick<Tenant, 'status' | 'reason'> & { readonly applicationId: string | null };
  readonly session: Pick<SessionState, 'status' | 'reason' | 'guilds' | 'unavailableGuilds' | 'findings'> | null;
  readonly instance: Pick<InstanceState, 'desired' | 'state' | 'reason'> | null;
}

const labels: Readonly<Record<BotStateKind, string>> = {
  'not-set-up': 'Not set up',
  starting: 'Starting',
  ready: 'Ready',
  'not-in-any-server': 'In no server',
  degraded: 'Not working properly',
  failed: 'Failed',
  stopped: 'Stopped',
  suspended: 'Suspended',
  deleting: 'Being deleted',
  unreachable: 'Unknown',
};

/** Determines the state of a bot. Every screen, command and response that names a state uses this. */
export function botState(facts: BotFacts): BotState {
  return ofTenant(facts) ?? ofFailure(facts) ?? ofProcess(facts) ?? ofConnection(facts);
}

const state = (kind: BotStateKind, sentence: string): BotState => ({ kind, label: labels[kind], sentence });

function ofTenant({ tenant }: BotFacts): BotState | undefined {
  if (tenant.status === 'deleting') return state('deleting', 'The bot is being deleted.');
  if (tenant.status === 'suspended')
    return state('suspended', `The bot is suspended and not running.${tenant.reason ? ` ${tenant.reason}` : ''}`);
  if (tenant.status === 'created' || tenant.applicationId === null)
    return state('not-set-up', 'There is no bot yet. Add its Discord token to set it up.');
  return undefined;
}

function ofFailure({ session, instance }: BotFacts): BotState | undefined {
  if (session?.status === 'failed') return state('failed', session.reason ?? 'Discord refuses to connect the bot.');
  if (instance?.desired === 'running' && instance.state === 'failed')
    return state('failed', instance.reason ?? "The bot's process failed and is not being restarted.");
  if (!session || !instance)
    return state('unreachable', "A part of the platform is not responding, so the bot's state is unknown.");
  return undefined;
}

function ofProcess({ session, instance }: BotFacts): BotState | undefined {
  if (instance?.desired === 'stopped') return state('stopped', 'The bot is not running. Resume it to start it.');
  switch (instance?.state) {
    case 'backing-off':
      return state(
        'degraded',
        `The bot's process stopped and is about to be restarted. ${instance.reason ?? ''}`.trim(),
      );
    case 'stopped':
    case 'starting':
      return state(
        'starting',
        session?.status === 'connected' ? "The bot's process is starting." : 'The bot is connecting to Discord.',
      );
    default:
      return undefined;
  }
}

/** The process runs; whether it receives its members' commands and can answer them. */
function ofConnection({ session, instance }: BotFacts): BotState {
  if (session?.status !== 'connected')
    return state('degraded', 'The bot has lost its connection to Discord and is reconnecting.');
  const commands = session.findings?.find(({ affects }) => affects === 'commands');
  if (commands) return state('degraded', commands.sentence);
  if (instance?.state === 'degraded') return state('degraded', instance.reason ?? "The bot's process is not healthy.");
  const requests = session.findings?.find(({ affects }) => affects === 'requests');
  if (session.guilds > 0)
    return state('ready', ['The bot answers commands.', ...(requests ? [requests.sentence] : [])].join(' '));
  if ((session.unavailableGuilds ?? 0) > 0)
    return state('degraded', "The bot's servers are currently unavailable at Discord.");
  const invitation = session.findings?.find(({ affects }) => affects === 'invitation');
  return state('not-in-any-server', invitation?.sentence ?? 'The bot is not in any server. Invite it to one.');
}
