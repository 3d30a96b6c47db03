import type { z } from 'zod';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Snowflake, TenantId } from '#infra/kernel/ids.ts';
import type { Action } from '#policies/actions.ts';
import type { Caller } from '#security/identity/caller.ts';
import type { DelegatedSigner } from '#security/identity/signed-token.ts';
import { issueTransactionToken, newTransactionId } from '#security/identity/transaction-token.ts';
import { playerResponseSchema, playerSchema, type Player } from '#services/contracts/player.ts';

/** Whose player, and who asks. */
export interface PlayerOf {
  readonly tenant: TenantId;
  readonly guild: Snowflake;
  /** `discord:<user id>` or `operator:<name>`. */
  readonly subject: string;
}

export type PlayerControl = 'pause' | 'resume' | 'skip' | 'stop';

/**
 * Players, for somebody at the portal or the API. Each call carries a transaction token for this one action of this one
 * person; gateway-proxy decides it by their role in the tenant. Errors are those of the proxy (`authorize.denied`) and
 * of the audio service (`player.*`).
 */
export interface Players {
  read(of: PlayerOf): Promise<Player>;
  control(of: PlayerOf, what: PlayerControl): Promise<Player>;
  /** Percent, 0 to 150. */
  setVolume(of: PlayerOf, percent: number): Promise<Player>;
}

/** Long enough for one call with its repetitions. */
const lifetimeSec = 30;

export function createPlayers(ports: {
  readonly signer: DelegatedSigner;
  readonly caller: Caller;
  readonly clock: Clock;
}): Players {
  const { signer, caller, clock } = ports;
  const call = async <Schema extends z.ZodType>(
    { tenant, guild, subject }: PlayerOf,
    request: { action: Action; method: 'GET' | 'POST' | 'PUT'; path: string; body?: unknown },
    answer: Schema,
  ): Promise<z.infer<Schema>> => {
    const { action, method, path, body } = request;
    const nowMs = clock.now();
    const member = { kind: 'tenant-member', subject, guild } as const;
    const transaction = { txn: newTransactionId(nowMs), tenant, scope: [action], member };
    const txnToken = await issueTransactionToken(signer, transaction, { lifetimeSec, nowMs });
    const place = `/v1/tenants/${tenant}/guilds/${guild}/player${path}`;
    return caller.json({ to: 'audio', method, path: place, txnToken, ...(body ? { body } : {}) }, answer);
  };
  return {
    read: (of) => call(of, { action: 'player.read', method: 'GET', path: '' }, playerSchema),
    async control(of, what) {
      const request = { action: `player.${what}`, method: 'POST', path: `/${what}` } as const;
      return (await call(of, request, playerResponseSchema)).player;
    },
    async setVolume(of, percent) {
      const request = { action: 'player.volume', method: 'PUT', path: '/volume', body: { percent } } as const;
      return (await call(of, request, playerResponseSchema)).player;
    },
  };
}
