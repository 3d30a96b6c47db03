import process from 'node:process';
import pg from 'pg';
import { median, quantile } from './audit/measured.ts';
import { packPolicy } from '#policies/packed-policy.ts';
import { benchDatabase } from './database.ts';
import { settledPssMiB } from './density/memory.ts';
import { hasCerbos, startCerbos } from './policy/cerbos.ts';
import { newQuestion, newTenant, type BenchTenant, type Question } from './policy/documents.ts';
import { startSubject, type Subject } from './policy/subject.ts';

/*
 * A decision about facts that were never asked about before, so that no cache knows the answer: a bot's call for a
 * member with a random id, five roles, a channel and a command, under a policy of 100 rules, over ten thousand tenants,
 * by the decision point as gateway-proxy opens it. First the tenants' first decisions, which load the policies from
 * PostgreSQL, then decisions about tenants already known. In the same rounds a plain Casbin enforcer for each tenant,
 * one for all, and Cerbos, over as many tenants as they can be asked about in the time; all must give the same answers.
 *
 *   npm run bench -- policy [tenants] [rounds] [decisions a round]
 */
const [tenantCount = 10_000, rounds = 5, decisions = 4_000] = process.argv.slice(2).map(Number);
/** The process is warm when the first that counts is asked about. */
const warmUp = 200;
const peerTenants = 200;
/** Casbin compares every line that it has. */
const globalTenants = 10;
const bounds = { warmP99Ms: 0.25, firstP99Ms: 2 };

await using stack = new AsyncDisposableStack();
const database = await benchDatabase(['proxy'], { durable: false }, stack);
const all = Array.from({ length: warmUp + tenantCount }, newTenant);
await store(all);
const tenants = all.slice(warmUp);
const compared = tenants.slice(0, peerTenants);
const few = tenants.slice(0, globalTenants);

interface Contender {
  readonly name: string;
  readonly subject: Subject;
  readonly tenants: readonly BenchTenant[];
  readonly perRound: number;
}

const point = await startSubject('./decision-point.ts', { databaseUrl: database.url }, stack);
const emptyMiB = await settledPssMiB(point.pid);
const firsts = (await point.ask(all.map(newQuestion))).ms.slice(warmUp);
const fullMiB = await settledPssMiB(point.pid);

const contenders: Contender[] = [
  { name: 'decision point', subject: point, tenants, perRound: decisions },
  await peer('Casbin, an enforcer for each tenant', compared, 200, (of) =>
    startSubject('./casbin-per-tenant.ts', { tenants: of }, stack),
  ),
  await peer('Casbin, one enforcer for all', few, 20, (of) =>
    startSubject('./casbin-global.ts', { tenants: of }, stack),
  ),
];
if (hasCerbos()) contenders.push(await peer('Cerbos, over HTTP', compared, 1_000, (of) => startCerbos(of, stack)));

const runs = new Map<string, { p50: number; p99: number }[]>(contenders.map(({ name }) => [name, []]));
// The first round warms everything up.
for (let round = -1; round < rounds; round += 1) {
  for (const { name, subject, tenants: of, perRound } of contenders) {
    const questions = about(of, perRound);
    const { ms, allowed } = await subject.ask(questions);
    if (subject !== point) await compare(name, questions, allowed);
    if (round >= 0) runs.get(name)?.push({ p50: quantile(ms, 0.5), p99: quantile(ms, 0.99) });
  }
}
report();

async function peer(
  name: string,
  of: readonly BenchTenant[],
  perRound: number,
  start: (of: readonly BenchTenant[]) => Promise<Subject>,
): Promise<Contender> {
  return { name, subject: await start(of), tenants: of, perRound };
}

function about(of: readonly BenchTenant[], count: number): Question[] {
  return Array.from({ length: count }, () => newQuestion(of[Math.floor(Math.random() * of.length)] as BenchTenant));
}

/** Hours may end between the two answers: a few may differ then. */
async function compare(name: string, questions: readonly Question[], allowed: readonly boolean[]): Promise<void> {
  const ours = await point.ask(questions);
  const different = allowed.filter((answer, index) => answer !== ours.allowed[index]).length;
  if (different > questions.length / 100)
    throw new Error(`${name} answers ${different} of ${questions.length} otherwise`);
}

async function store(all: readonly BenchTenant[]): Promise<void> {
  const admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  for (let start = 0; start < all.length; start += 500) {
    const some = all.slice(start, start + 500);
    const ids = some.map(({ id }) => id);
    await admin.query(
      "insert into tenant (id, name, status) select id, 'Bench', 'active' from unnest($1::text[]) as id",
      [ids],
    );
    await admin.query('insert into policy_version (tenant_id, version) select id, 1 from unnest($1::text[]) as id', [
      ids,
    ]);
    await admin.query(
      `insert into guild_policy (tenant_id, guild_id, version, document, packed, author)
         select tenant, guild, 1, document, decode(packed, 'hex'), 'bench'
           from unnest($1::text[], $2::text[], $3::jsonb[], $4::text[]) as t (tenant, guild, document, packed)`,
      [
        ids,
        some.map(({ guild }) => guild),
        some.map(({ policy }) => JSON.stringify(policy)),
        some.map(({ policy }) => packPolicy(policy).toString('hex')),
      ],
    );
  }
  await admin.query('analyze');
  await admin.end();
}

function report(): void {
  const us = (ms: number) => `${(ms * 1_000).toFixed(0)} us`;
  console.log(`${tenantCount} tenants with 100 rules each; ${rounds} rounds, medians; every question is new`);
  const of = (name: string, part: 'p50' | 'p99') => median((runs.get(name) ?? []).map((run) => run[part]));
  for (const { name, tenants: asked } of contenders)
    console.log(
      `${name.padEnd(36)} p50 ${us(of(name, 'p50'))}   p99 ${us(of(name, 'p99'))}   over ${asked.length} tenants`,
    );
  if (!hasCerbos()) console.log('Cerbos was not asked: npm install --no-save @cerbos/cerbos-linux-x64@0.55.0');
  console.log(
    `a tenant's first decision             p50 ${us(quantile(firsts, 0.5))}   p99 ${us(quantile(firsts, 0.99))}`,
  );
  console.log(
    `memory (PSS)                         ${fullMiB.toFixed(0)} MiB, ${(((fullMiB - emptyMiB) * 1024) / tenantCount).toFixed(0)} KiB a tenant`,
  );
  const [ours, ...peers] = contenders.map(({ name }) => name);
  const ratios = peers.map((name) => `${(of(ours ?? '', 'p99') / of(name, 'p99')).toFixed(4)} of ${name}`);
  console.log(
    `p99 ${us(of(ours ?? '', 'p99'))} (at most ${us(bounds.warmP99Ms)}), first ${us(quantile(firsts, 0.99))} (at most ${us(bounds.firstP99Ms)}); ${ratios.join(', ')}`,
  );
}
