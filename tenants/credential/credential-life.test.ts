import fc from 'fast-check';
import { expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import {
  credentialEventSchemas,
  credentialStateSchema,
  refusals,
  type CredentialEvent,
  type CredentialState,
} from './credential-events.ts';
import * as life from './credential-life.ts';

type Decide = (credential: CredentialState | null, one: number) => CredentialEvent | undefined;
const id = (one: number) => snowflake(String(one + 1));
const commands: Readonly<Record<string, Decide>> = {
  store: (credential, one) =>
    life.store(credential, { applicationId: id(one), botUserId: id(one), keyVersion: one + 1 }),
  accept: life.accept,
  refuse: (credential, one) => life.refuse(credential, refusals[one % refusals.length] ?? 'invalid-token'),
  reseal: (credential, one) => life.reseal(credential, one + 1),
  remove: life.remove,
};
const steps = fc.array(fc.tuple(fc.constantFrom(...Object.keys(commands)), fc.nat(3)), { maxLength: 30 });

test('a credential is the fold of its events, and no event changes nothing', () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(steps, (some) => {
      const events: CredentialEvent[] = [];
      let credential: CredentialState | null = null;
      for (const [name, one] of some) {
        const event = commands[name]?.(credential, one);
        if (!event) continue;
        credentialEventSchemas[event.type].parse(event.data);
        const next = life.evolve(credential, event);
        if (event.type !== 'CredentialReplaced') expect(next).not.toEqual(credential);
        if (next) expect(next.refusal === null).toBe(next.status !== 'refused');
        seen.add(event.type);
        events.push(event);
        credential = next;
      }
      const folded = events.reduce<CredentialState | null>((state, event) => life.evolve(state, event), null);
      expect(folded).toEqual(credential);
      expect(credentialStateSchema.nullable().parse(folded)).toEqual(credential);
    }),
    { numRuns: 300 },
  );
  const { CredentialFound: _found, ...others } = credentialEventSchemas;
  expect(seen).toEqual(new Set(Object.keys(others)));
});

test('what Discord says of no credential is no event', () => {
  for (const name of ['accept', 'refuse', 'reseal', 'remove']) expect(commands[name]?.(null, 1)).toBeUndefined();
});

test('another token has to be accepted anew, and is no longer refused', () => {
  const first = life.evolve(null, life.store(null, { applicationId: id(1), botUserId: id(1), keyVersion: 1 }));
  const refused = life.evolve(first, {
    type: 'CredentialRefused',
    data: { applicationId: id(1), reason: 'invalid-token' },
  });
  expect(refused).toMatchObject({ status: 'refused', refusal: 'invalid-token' });
  const next = life.store(refused, { applicationId: id(1), botUserId: id(1), keyVersion: 1 });
  expect(next.type).toBe('CredentialReplaced');
  expect(life.evolve(refused, next)).toMatchObject({ status: 'stored', refusal: null });
});
