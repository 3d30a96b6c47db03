import type { Clock } from '#infra/kernel/clock.ts';
import type { TenantId } from '#infra/kernel/ids.ts';
import type { Lease } from '#infra/leases/lease.ts';
import type { Logger } from '#infra/logger/logger.ts';
import type { FeatureFlags } from '#policies/feature-flags.ts';
import type { Egress } from './budgets/egress.ts';
import type { Identifies } from './budgets/identifies.ts';
import type { Refusal } from '#tenants/credential/credential-events.ts';
import type { CredentialStore, StoredCredential } from './credential/credential-store.ts';
import type { RequestChannelStore } from './requests/request-channel-store.ts';
import type { SessionStore } from './sessions/session-store.ts';
import type { VoiceEvents } from './voice/voice-events.ts';
import type { Witness } from './witness/witness.ts';

/** What all tenants of one edge share. */
export interface EdgePorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly discordApiUrl: string;
  readonly egress: Egress;
  readonly identifies: Identifies;
  readonly credentials: CredentialStore;
  readonly sessions: SessionStore;
  readonly requestChannels: RequestChannelStore;
  readonly features: Pick<FeatureFlags, 'isOn'>;
  readonly witness: Witness;
  /** False once another edge may act under a later lease. */
  readonly mayAct: (lease: Lease) => boolean;
  /** The same for taking the session; also false while it is not certain. */
  readonly mayConnect: (lease: Lease) => boolean;
  readonly voiceEvents: VoiceEvents;
  /** Called when a session has failed, with the reason. */
  readonly sessionFailed: (tenant: TenantId, reason: string) => void;
  /** Called when Discord lets a bot connect with this credential, or refuses it. */
  readonly credentialJudged: (lease: Lease, credential: StoredCredential, refusal: Refusal | undefined) => void;
  /** Called when a bot could not take its leave at Discord in time, with what is left there. */
  readonly leftBehind: (tenant: TenantId, what: string) => void;
  /** Called when the state of a session may have changed. */
  readonly sessionChanged: (tenant: TenantId) => void;
  /** Called for each interaction that no bot answered. */
  readonly interactionEnded: (how: 'too-late' | 'closed' | 'busy') => void;
  readonly deferAfterMs?: number | undefined;
  /** How often a tenant's application is checked. */
  readonly checkEveryMs: number;
  readonly random: () => number;
}
