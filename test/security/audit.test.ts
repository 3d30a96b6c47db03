import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { TenantId } from '#infra/kernel/ids.ts';
import { createLogger } from '#infra/logger/logger.ts';
import { verifyExport } from '#security/audit/verify.ts';
import { worldOfThisFile } from './world/file-world.ts';
import { eventually } from './world/world.ts';

const logged: string[] = [];
const sink = new Writable({
  write(chunk: Buffer, _encoding, done) {
    logged.push(chunk.toString('utf8'));
    done();
  },
});
const world = await worldOfThisFile({ logger: createLogger('test', 'info', sink) });
const a = await world.customer('Acme');

const policyPath = (tenant: TenantId) => `/v1/tenants/${tenant}/guilds/${a.guild}/policy`;
const savePolicy = (tenant: TenantId) =>
  world.doors.public({
    method: 'PUT',
    path: policyPath(tenant),
    session: world.owner,
    headers: { 'if-match': '*' },
    body: { rules: [], otherwise: 'allow' },
  });

describe('a change that cannot be recorded', () => {
  const withoutJournal = async <Result>(role: string, run: () => Promise<Result>): Promise<Result> => {
    await world.admin.query(`revoke insert on audit_journal from bailiwick_${role}`);
    try {
      return await run();
    } finally {
      await world.admin.query(`grant insert on audit_journal to bailiwick_${role}`);
    }
  };

  it('is not made at the API until it can be recorded', async () => {
    const before = await world.state();
    const refused = await withoutJournal('api', () => savePolicy(a.id));
    expect(refused.status, refused.text).toBeGreaterThanOrEqual(500);
    expect(await world.state()).toBe(before);
    expect(await savePolicy(a.id)).toMatchObject({ status: 200 });
  });

  it('is not made through the proxy; reads still work, and so does everything once recording does', async () => {
    const player = `/audio/v1/tenants/${a.id}/guilds/${a.guild}/player`;
    const louder = async () =>
      world.doors.call(a.bot, {
        method: 'PUT',
        path: `${player}/volume`,
        body: { percent: 33 },
        txnToken: await world.witnessed(
          a,
          ['player.volume'],
          { command: 'volume' },
          { 'player.volume': { percent: 33 } },
        ),
      });
    const before = await world.state();
    await withoutJournal('proxy', async () => {
      expect(await louder()).toMatchObject({ status: 503, code: 'record.failed' });
      expect(await world.state()).toBe(before);
      expect(await world.doors.call(a.bot, { path: player })).toMatchObject({ status: 200 });
    });
    await eventually('it is louder', async () => (await louder()).status === 200);
  });

  it('is not even answered with a denial, since a denial has to be recorded too', async () => {
    const session = await world.session('discord:700', { tenant: a.id, role: 'viewer' });
    const write = () =>
      world.doors.public({ method: 'PUT', path: policyPath(a.id), session, body: { rules: [], otherwise: 'allow' } });
    await eventually('the role is known', async () => (await write()).status === 403);
    const answer = await withoutJournal('api', write);
    expect(answer.status).toBeGreaterThanOrEqual(500);
    expect(await write()).toMatchObject({ status: 403, code: 'api.denied' });
  });
});

describe('a log tampered with in the database', () => {
  interface Leaf {
    readonly leaf_index: string;
    readonly record: string;
  }
  const sealed = async (tenant: TenantId, size: number): Promise<boolean> => {
    const { rows } = await world.admin.query<{ size: string }>(
      'select coalesce(max(tree_size), 0) as size from audit_checkpoint where tenant_id = $1',
      [tenant],
    );
    return Number(rows[0]?.size) >= size;
  };
  /** Exports through the API and verifies as an auditor does; a refused export counts as not verified. */
  const verified = async (tenant: TenantId, key: string, earlier?: string): Promise<boolean> => {
    const size = earlier === undefined ? '' : `?consistentWith=${earlier.split('\n')[1]}`;
    const answer = await world.doors
      .public({ path: `/v1/tenants/${tenant}/audit/export${size}`, session: world.owner })
      .catch(() => undefined);
    if (answer?.status !== 200) return false;
    const report = await verifyExport(lines(answer.text), { key, ...(earlier === undefined ? {} : { earlier }) });
    return report.ok;
  };
  const keyOf = async (tenant: TenantId): Promise<string> =>
    (
      (await world.doors.public({ path: `/v1/tenants/${tenant}/audit/key`, session: world.owner })).body as {
        key: string;
      }
    ).key;

  /** A tenant with a log of its own, free to tamper with. */
  async function withLog(): Promise<{ tenant: TenantId; key: string; note: string }> {
    const tenant = await world.bareTenant();
    for (let number = 0; number < 6; number += 1) await savePolicy(tenant);
    await eventually('it is sealed', () => sealed(tenant, 6));
    const { rows } = await world.admin.query<{ note: string }>(
      'select note from audit_checkpoint where tenant_id = $1 order by tree_size desc limit 1',
      [tenant],
    );
    return { tenant, key: await keyOf(tenant), note: rows[0]?.note ?? '' };
  }

  const changes: readonly { name: string; change: (tenant: TenantId) => Promise<unknown> }[] = [
    {
      name: 'edits a word',
      change: (tenant) =>
        world.admin.query(
          `update audit_leaf set record = replace(record, '"operator:owner"', '"operator:other"') where tenant_id = $1 and leaf_index = 2`,
          [tenant],
        ),
    },
    {
      name: 'edits a word and its hash',
      change: (tenant) =>
        world.admin.query(
          `update audit_leaf set record = replace(record, '"succeeded"', '"failed"'), leaf_hash = sha256(('\\x00'::bytea || convert_to(replace(record, '"succeeded"', '"failed"'), 'UTF8'))) where tenant_id = $1 and leaf_index = 2`,
          [tenant],
        ),
    },
    {
      name: 'removes a record from the middle',
      change: (tenant) => world.admin.query('delete from audit_leaf where tenant_id = $1 and leaf_index = 3', [tenant]),
    },
    {
      name: 'swaps two records',
      change: async (tenant) => {
        const { rows } = await world.admin.query<Leaf>(
          'select leaf_index, record from audit_leaf where tenant_id = $1 and leaf_index in (1, 2) order by leaf_index',
          [tenant],
        );
        await world.admin.query('update audit_leaf set record = $2 where tenant_id = $1 and leaf_index = 1', [
          tenant,
          rows[1]?.record,
        ]);
        await world.admin.query('update audit_leaf set record = $2 where tenant_id = $1 and leaf_index = 2', [
          tenant,
          rows[0]?.record,
        ]);
      },
    },
    {
      name: 'removes the last record',
      change: (tenant) =>
        world.admin.query('delete from audit_leaf where tenant_id = $1 and leaf_index >= 5', [tenant]),
    },
    {
      name: 'removes everything',
      change: (tenant) => world.admin.query('delete from audit_leaf where tenant_id = $1', [tenant]),
    },
  ];

  it.each(changes)('is detected: $name', async ({ change }) => {
    const { tenant, key } = await withLog();
    expect(await verified(tenant, key)).toBe(true);
    await change(tenant);
    expect(await verified(tenant, key)).toBe(false);
  });

  it('is detected by anyone who kept a checkpoint: truncates the log along with its checkpoints', async () => {
    const { tenant, key, note } = await withLog();
    expect(await verified(tenant, key, note)).toBe(true);
    await world.admin.query('delete from audit_checkpoint where tenant_id = $1 and tree_size > 3', [tenant]);
    await world.admin.query(
      'delete from audit_leaf where tenant_id = $1 and leaf_index >= (select max(tree_size) from audit_checkpoint where tenant_id = $1)',
      [tenant],
    );
    expect(await verified(tenant, key, note)).toBe(false);
  });

  it("is detected: puts another tenant's log in its place", async () => {
    const [one, two] = await Promise.all([withLog(), withLog()]);
    expect(await verified(two.tenant, one.key)).toBe(false);
    expect(await verified(two.tenant, two.key)).toBe(true);
  });
});

describe('a log file', () => {
  const hostile = ['%1b%5b31mred', 'a%0a%7B%22level%22%3A30%7D', '%E2%80%AEtxt', '\'"<script>'];

  it('stays one JSON value per line without control characters, whatever is sent', async () => {
    const token = await a.bot.callToken('audio');
    for (const text of hostile) {
      await world.doors
        .public({
          path: `/v1/${text}`,
          headers: { 'user-agent': decodeURIComponent(text).replace(/[^\x20-\x7e]/g, '?') },
        })
        .catch(() => undefined);
      await world.doors.publicRaw(
        `GET /v1/${text}\u001b[2J HTTP/1.1\r\nHost: x\u001b[31m\r\nConnection: close\r\n\r\n`,
      );
      await world.doors.raw(
        a.bot,
        `GET /audio/${text} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nX-Note: \u001b[31m\r\nConnection: close\r\n\r\n`,
      );
    }
    const lines = logged
      .join('')
      .split('\n')
      .filter((line) => line !== '');
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      expect(() => JSON.parse(line) as unknown, line).not.toThrow();
      expect(line).not.toMatch(/[\p{Cc}\u202a-\u202e]/u);
    }
  });

  it('contains none of the tokens used in this file', async () => {
    const { txnToken, token } = await world.types(a, 'queue');
    const callToken = await a.bot.callToken('audio');
    await world.doors.call(a.bot, { path: `/audio/v1/tenants/${a.id}/guilds/${a.guild}/player`, callToken, txnToken });
    await world.doors.call(a.bot, {
      path: `/audio/v1/tenants/${a.id}/guilds/1/player`,
      callToken: `${callToken}x`,
      txnToken,
    });
    const log = logged.join('');
    for (const secret of [txnToken, token, callToken, a.discordToken, world.owner, world.parts.ownerSignIn]) {
      expect(log.includes(secret)).toBe(false);
    }
  });
});

async function* lines(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
