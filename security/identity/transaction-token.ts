import { z } from 'zod';
import type { SignedTokenFault, TransactionTokenFault } from '#infra/http/denial-codes.ts';
import { newId, snowflakeClaim, tenantIdSchema, type Snowflake, type TenantId } from '#infra/kernel/ids.ts';
import { callerFault } from '#infra/kernel/errors.ts';
import { accept, reject, type Verdict } from '#infra/kernel/verdict.ts';
import {
  timedClaims,
  verifySignedToken,
  type DelegatedSigner,
  type SignedClaims,
  type TokenKind,
  type VerifyContext,
} from './signed-token.ts';
import { parseSpiffeId, trustDomain } from './spiffe.ts';

/** Media type and header of draft-ietf-oauth-transaction-tokens, 5.1 and 9. */
export const transactionTokenType = 'txntoken+jwt';
export const transactionTokenHeader = 'txn-token';
/** The maximum lifetime of a transaction token. */
export const maxTransactionTokenLifetimeSec = 300;

/** A Discord member in a guild, as stated in Discord's interaction. */
const discordMemberSchema = z.strictObject({
  kind: z.literal('discord'),
  user: snowflakeClaim,
  guild: snowflakeClaim,
  channel: snowflakeClaim,
  /** The parents of the channel: for a thread its channel, and the category. */
  within: z.array(snowflakeClaim).min(1).max(2).optional(),
  roles: z.array(snowflakeClaim).max(250),
  /** Bit set of https://discord.com/developers/docs/topics/permissions as a decimal. */
  permissions: z.string().regex(/^\d{1,20}$/),
  voiceChannel: snowflakeClaim.nullable(),
  /** Nobody but the bot is in that voice channel with them. */
  alone: z.literal(true).optional(),
  /** Name of the command, or of the command that a button represents. */
  command: z.string().min(1).max(64),
});
/** A person who administers a tenant, or a platform operator: `discord:<id>` or `operator:<name>`. */
const tenantMemberSchema = z.strictObject({
  kind: z.literal('tenant-member'),
  subject: z.string().regex(/^(?:discord:(?:0|[1-9]\d{0,19})|operator:[a-z0-9][a-z0-9._-]{0,63})$/),
  guild: snowflakeClaim.optional(),
  apiKey: z
    .string()
    .regex(/^key_[0-9a-z]{26}$/)
    .optional(),
});
/** On whose behalf; see the types below. */
export const memberSchema = z.discriminatedUnion('kind', [discordMemberSchema, tenantMemberSchema]);

export interface DiscordMember {
  readonly kind: 'discord';
  readonly user: Snowflake;
  readonly guild: Snowflake;
  readonly channel: Snowflake;
  readonly within?: readonly Snowflake[] | undefined;
  readonly roles: readonly Snowflake[];
  readonly permissions: string;
  readonly voiceChannel: Snowflake | null;
  readonly alone?: true | undefined;
  readonly command: string;
}
interface TenantMember {
  readonly kind: 'tenant-member';
  readonly subject: string;
  readonly guild?: Snowflake | undefined;
  /** The API key that acts for the subject. */
  readonly apiKey?: string | undefined;
}
/** On whose behalf something is done. */
export type Member = DiscordMember | TenantMember;

interface WitnessedInteraction {
  readonly id: string;
  /** Of everything that was entered; kept in the audit log. */
  readonly optionsDigest: string;
  /**
   * By action: a digest of the parameters that a call must have to match what was entered. An action without one has no
   * parameters.
   */
  readonly callDigests?: Readonly<Record<string, string>> | undefined;
}

/** The outside event that started a chain of calls, and what it may lead to. */
export interface Transaction {
  /** Unique id of the event, the same along the whole chain. */
  readonly txn: string;
  readonly tenant: TenantId;
  /** Actions that the event may lead to; anything else is out of scope. */
  readonly scope: readonly string[];
  readonly member: Member;
  /** The Discord interaction, so that it cannot be exchanged. */
  readonly interaction?: WitnessedInteraction | undefined;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

const claimsSchema = z.strictObject({
  ...timedClaims,
  txn: z.string().min(1).max(64),
  sub: z.string().min(1).max(128),
  scope: z
    .string()
    .max(1024)
    .regex(/^(?:[a-z-]+\.[a-z-]+(?: [a-z-]+\.[a-z-]+)*)?$/),
  /** Transaction context (draft, 5.2): what does not change along the chain. */
  tctx: z.strictObject({
    tid: tenantIdSchema,
    interaction: z
      .strictObject({
        id: snowflakeClaim,
        options_digest: z.string().min(1).max(64),
        call_digests: z
          .record(z.string().regex(/^[a-z-]{1,32}\.[a-z-]{1,32}$/), z.string().regex(/^[\w-]{43}$/))
          .refine((digests) => Object.keys(digests).length <= 8)
          .optional(),
      })
      .optional(),
  }),
  /** Requester context (draft, 5.2): who requested it, and from where. */
  rctx: memberSchema,
  /** The workload that requested the token (draft, 5.2). */
  req_wl: z.string().max(256),
});
type Claims = z.infer<typeof claimsSchema>;

const kind: TokenKind<Claims, 'transaction-token'> = {
  typ: transactionTokenType,
  use: 'transaction-token',
  claims: claimsSchema,
  maxLifetimeSec: maxTransactionTokenLifetimeSec,
};

/** The service at which each kind of outside event arrives; only its key vouches for that kind. */
const witnessOf = { discord: 'discord-edge', 'tenant-member': 'api' } as const;

const subjectOf = (member: Member): string => (member.kind === 'discord' ? `discord:${member.user}` : member.subject);

const interactionClaim = ({ id, optionsDigest, callDigests }: WitnessedInteraction) => ({
  id,
  options_digest: optionsDigest,
  ...(callDigests ? { call_digests: callDigests } : {}),
});

const interactionOf = ({
  id,
  options_digest: optionsDigest,
  call_digests: callDigests,
}: NonNullable<Claims['tctx']['interaction']>): WitnessedInteraction => ({
  id,
  optionsDigest,
  ...(callDigests ? { callDigests } : {}),
});

/** A new id for an outside event that has none of its own, such as a portal request. */
export const newTransactionId = (nowMs: number): string => newId('txn', nowMs);

/**
 * Witnesses an outside event. Throws `identity.bad-transaction` for anything that no verifier would accept, such as a
 * lifetime over 300 s or an `issuer` that is not the signer's holder; `signer` must be delegated for
 * 'transaction-token'.
 */
export async function issueTransactionToken(
  signer: DelegatedSigner,
  transaction: Omit<Transaction, 'expiresAtMs'>,
  options: { readonly lifetimeSec: number; readonly nowMs: number; readonly issuer?: string },
): Promise<string> {
  const { member, interaction } = transaction;
  const iat = Math.floor(options.nowMs / 1000);
  const claims = {
    iss: signer.holder,
    aud: trustDomain(signer.installation),
    iat,
    exp: iat + options.lifetimeSec,
    txn: transaction.txn,
    sub: subjectOf(member),
    scope: transaction.scope.join(' '),
    tctx: {
      tid: transaction.tenant,
      ...(interaction ? { interaction: interactionClaim(interaction) } : {}),
    },
    rctx: member,
    req_wl: signer.holder,
  };
  const { lifetimeSec, issuer = signer.holder } = options;
  const sane = lifetimeSec > 0 && lifetimeSec <= maxTransactionTokenLifetimeSec && issuer === signer.holder;
  if (!sane || !claimsSchema.safeParse(claims).success)
    throw callerFault('identity.bad-transaction', 'The transaction is malformed and cannot be signed.');
  return signer.sign(claims, transactionTokenType);
}

/**
 * Verifies on whose behalf a call is made. A Discord member's token counts only from the edge, a tenant member's only
 * from the api. The proxy has to check that tenant, guild and action match the call.
 */
export function verifyTransactionToken(
  token: string,
  context: VerifyContext,
): Verdict<Transaction, TransactionTokenFault> | Promise<Verdict<Transaction, TransactionTokenFault>> {
  if (!context.revocations.fresh()) return reject('not-fresh');
  const verified = verifySignedToken(token, kind, { ...context, audience: trustDomain(context.installation) });
  return verified instanceof Promise
    ? verified.then((verdict) => transactionOf(verdict, context))
    : transactionOf(verified, context);
}

function transactionOf(
  verified: Verdict<SignedClaims<Claims>, SignedTokenFault>,
  { installation, revocations }: VerifyContext,
): Verdict<Transaction, TransactionTokenFault> {
  if (!verified.ok) return verified;
  const { claims, holder } = verified.value;
  const witness = parseSpiffeId(holder, installation);
  const member = claims.rctx;
  if (witness?.kind !== 'service' || witness.name !== witnessOf[member.kind] || claims.req_wl !== holder)
    return reject('wrong-witness');
  if (claims.sub !== subjectOf(member)) return reject('wrong-subject');
  if (revocations.isRevoked({ spiffeId: holder, issuedAtMs: claims.iat * 1000, jti: claims.txn }))
    return reject('revoked');
  const { tid, interaction } = claims.tctx;
  return accept({
    txn: claims.txn,
    tenant: tid,
    scope: claims.scope === '' ? [] : claims.scope.split(' '),
    member,
    ...(interaction ? { interaction: interactionOf(interaction) } : {}),
    expiresAtMs: claims.exp * 1000,
  });
}
