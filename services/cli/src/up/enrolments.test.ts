import type { ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { Enrolments } from './enrolments.ts';

test('gives a process that starts later the authorities of that time', async () => {
  const enrolments = new Enrolments('test');
  const waiting = enrolments.trustBundlePem;
  enrolments.received({ type: 'identity', trustBundlePem: 'first' });
  expect(await waiting).toBe('first');
  enrolments.received({ type: 'identity', trustBundlePem: 'first and second' });
  expect(await enrolments.trustBundlePem).toBe('first and second');
});

/** A token service as the launcher sees it. */
class Child extends EventEmitter {
  connected = true;
  readonly sent: { tokenSha256Base64: string }[] = [];

  send(message: { tokenSha256Base64: string }): void {
    this.sent.push(message);
  }

  end(): void {
    this.connected = false;
    this.emit('disconnect');
  }
}
const startedIn = (enrolments: Enrolments): Child => {
  const child = new Child();
  enrolments.started(child as unknown as ChildProcess);
  return child;
};

test('tells every token service, and is content once one of them has stored it', async () => {
  const enrolments = new Enrolments('test');
  const [one, other] = [startedIn(enrolments), startedIn(enrolments)];
  const issued = enrolments.issue('worker');
  expect(one.sent).toHaveLength(1);
  expect(other.sent).toEqual(one.sent);
  one.end();
  // The one that starts in its place is told of what nobody has stored yet, and of nothing else.
  const next = startedIn(enrolments);
  expect(next.sent).toEqual(other.sent);
  enrolments.received({ type: 'enrolment-known', tokenSha256Base64: other.sent[0]?.tokenSha256Base64 });
  expect(await issued).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(startedIn(enrolments).sent).toEqual([]);
});
