import { expect, test } from 'vitest';
import type { ProcessHealth } from '#infra/observability/operations.ts';
import { processFindings } from './processes.ts';

const edge: ProcessHealth = { name: 'discord-edge', status: 'healthy', causes: [], facts: {} };

test('bots that cannot read their request channels are a warning about a healthy process', () => {
  const silent = { name: 'request-channels', status: 'healthy' } as const;
  expect(processFindings({ ...edge, causes: [silent] })).toHaveLength(1);
  const message = 'Discord does not let 2 of the bots read their request channels';
  expect(processFindings({ ...edge, causes: [{ ...silent, message }] })).toMatchObject([
    { status: 'ok' },
    { status: 'warning', says: message },
  ]);
});
