import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Fault } from './faults.ts';
import { notice, type Noticed } from './notice.ts';
import { openScenario, type Scenario } from './scenario.ts';
import { printRow } from './print.ts';

/**
 * A test for each fault, all on one platform: checks what members must never notice, and prints what they did as a row.
 */
export function rows(faults: readonly Fault[]): void {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await openScenario();
  });
  afterAll(() => scenario?.[Symbol.asyncDispose]());
  describe('no command is left open, and the song goes on, when', () => {
    test.each(faults)('$name ($seconds s)', async (fault) => {
      const noticed = await notice(scenario, fault);
      await printRow(fault, noticed);
      expect(broken(fault, noticed)).toEqual([]);
    });
  });
}

/** Violated guarantees of this row. */
function broken(fault: Fault, noticed: Noticed): string[] {
  const { open, failed, doneThoughFailed, toldButMissing, silence, leapMs, backAfterMs } = noticed;
  return [
    open > 0 ? `${open} commands never got an answer` : '',
    failed > 0 && !fault.mayFail ? `${failed} commands failed in Discord's eyes` : '',
    doneThoughFailed.length > 0 ? `carried out although it failed: ${doneThoughFailed.join(', ')}` : '',
    toldButMissing.length > 0 ? `announced and not there: ${toldButMissing.join(', ')}` : '',
    silence.duringMs > (fault.silence?.duringMs ?? 0) + quietMs ? `${silence.duringMs} ms of silence` : '',
    silence.afterMs > (fault.silence?.afterMs ?? quietMs) ? `${silence.afterMs} ms of silence once it was over` : '',
    leapMs !== 0 && !fault.silence ? `the song leapt by ${leapMs} ms` : '',
    backAfterMs > backMs ? `commands were answered again only after ${backAfterMs} ms` : '',
  ].filter((text) => text !== '');
}

/** A sample of the player may fall between two of its states. */
const quietMs = 500;
const backMs = 15_000;
