import process from 'node:process';
import { createOperations, type ProcessHealth } from '#infra/observability/operations.ts';
import { dataPathsIn, type DataPaths } from '../up/data-folder.ts';
import { sandboxInstallation } from '../up/installation.ts';
import { assignedBySystem, listenersToBe, planPorts, type PortPlan } from '../up/ports.ts';
import type { KeyFlags } from '../up/root-key.ts';
import { readRun } from '../up/run-lock.ts';
import { checkServedCertificate } from './certificates.ts';
import {
  askDatabase,
  checkDatabaseVersion,
  embeddedUrl,
  leftoverDatabase,
  type DatabaseAnswer,
  type SealingKey,
} from './database.ts';
import { checkCluster } from './cluster.ts';
import { checkFolder, checkSandboxState, checkWrittenTimes, isAccessible } from './files.ts';
import { fault, ok, warning, type Finding } from './finding.ts';
import { processFindings } from './processes.ts';
import { checkKeyring } from './keyring.ts';
import { checkKeyFiles, checkMissingKeys } from './key-files.ts';
import { checkConfinement, checkDisk, checkNode, checkOpenFiles } from './machine.ts';
import { checkClock, checkLive, type LiveAnswer } from './outside.ts';
import { checkPorts } from './ports.ts';

export interface DoctorOptions extends KeyFlags {
  readonly data: string;
  /** First port of an installation that is not running; a running one reports its own. */
  readonly ports?: number;
  /** Check the settings of `--live` and whatever they refer to. */
  readonly live: boolean;
  /** Path of the settings; by default live.yaml in the data folder. */
  readonly settings?: string;
}

/**
 * Examines an installation, running or not, and changes nothing. Checks that a reported fault makes impossible are left
 * out; a check that throws is a finding too.
 */
export async function diagnose(options: DoctorOptions): Promise<Finding[]> {
  const dataPaths = dataPathsIn(options.data);
  const run = await readRun(dataPaths);
  const live = options.live || run?.live === true;
  const plan = run?.alive && !run.damaged ? planPorts(run.ports, run.replicas) : planPorts(options.ports);
  const findings: Finding[] = [checkNode()];
  const look = async (about: string, check: () => Promise<Finding | readonly Finding[]>): Promise<void> => {
    try {
      findings.push(...[await check()].flat());
    } catch (error) {
      const why = error instanceof Error ? error.message : 'unknown';
      findings.push(fault(about, `could not be checked: ${why}`, 'this is a bug in the doctor: please report it'));
    }
  };
  await look('disk', () => checkDisk(dataPaths.path));
  await look('open files', () => checkOpenFiles());
  await look('data folder', () => checkFolder(dataPaths, run));
  if (!(await isAccessible(dataPaths.path))) return findings;
  const outside = live ? await checkLive(options.settings ?? dataPaths.liveSettings) : sandboxed;
  findings.push(...outside.findings);
  const { vaultAnswers, settings } = outside;
  const keyring =
    settings?.vault && !vaultAnswers ? { findings: [] } : await checkKeyring(dataPaths, options, settings);
  const { rootKey, fileRootKey } = keyring;
  findings.push(...keyring.findings);
  if (fileRootKey) await look('keyring', () => checkKeyFiles(dataPaths, fileRootKey));
  const databaseUrl = outside.settings?.databaseUrl ?? process.env.DATABASE_URL;
  const isEmbedded = databaseUrl === undefined;
  if (isEmbedded) {
    await look('database', () => checkDatabaseVersion(dataPaths));
    await look('database', () => checkCluster(dataPaths, run?.alive === true));
  }
  const runningUrl = databaseUrl ?? (run?.alive && rootKey ? embeddedUrl(plan.ports.postgres, rootKey) : undefined);
  const database: DatabaseAnswer = runningUrl === undefined ? { findings: [] } : await askDatabase(runningUrl);
  findings.push(...database.findings);
  await look('keys', () => checkKeys(dataPaths, outside, database.sealedWith ?? []));
  if (!live) await look('sandbox', () => checkSandboxState(dataPaths));
  let processes: readonly ProcessHealth[] = [];
  if (run?.alive) {
    const expected = { ...database, installation: outside.settings?.installation ?? sandboxInstallation };
    await look('certificates', () => checkServedCertificate(plan.ports.proxy, expected, Date.now()));
    processes = await healthOf(plan);
    findings.push(...processes.flatMap(processFindings));
  } else {
    const leftover = run && (await leftoverDatabase(dataPaths));
    await look('ports', () =>
      checkPorts(listenersToBe(plan, { live: outside.settings?.listen, embedded: isEmbedded }), leftover),
    );
    await look('ports', async () => {
      const assigned = await assignedBySystem(plan);
      return assigned === undefined ? [] : [warning('ports', assigned, 'start with different --ports')];
    });
  }
  await look('clock', () => checkTimes(dataPaths, outside));
  await look('confinement', () => checkConfinement(processes.find(({ name }) => name === 'supervisor')?.facts));
  return findings;
}

const sandboxed: LiveAnswer = { findings: [], discordAnswers: false, vaultAnswers: false };

/** The client of Vault is loaded only where Vault holds the keys. */
async function checkKeys(
  dataPaths: DataPaths,
  { settings, vaultAnswers }: LiveAnswer,
  sealedWith: readonly SealingKey[],
): Promise<readonly Finding[]> {
  if (settings?.vault === undefined) return checkMissingKeys(dataPaths, sealedWith);
  if (!vaultAnswers) return [];
  const { checkVaultKeys } = await import('./vault.ts');
  return checkVaultKeys(settings.vault, settings.installation, sealedWith);
}

/** Not for the sandbox: it runs on this machine and has no other clock to compare with. */
async function checkTimes(dataPaths: DataPaths, { settings, discordAnswers }: LiveAnswer): Promise<Finding[]> {
  const back = await checkWrittenTimes(dataPaths, Date.now());
  if (!settings || !discordAnswers)
    return back.length > 0 ? back : [ok('clock', 'has not gone back since the last run')];
  const { discordApiUrl, discordTrustPem } = settings.outside;
  return [...back, await checkClock(`${discordApiUrl.replace(/\/$/, '')}/v10/gateway`, discordTrustPem)];
}

async function healthOf(plan: PortPlan): Promise<readonly ProcessHealth[]> {
  await using operations = createOperations(
    plan.processes.map(([name, port]) => ({ name, url: `http://127.0.0.1:${plan.ops(port)}` })),
  );
  // Awaited here, because the client is closed as soon as this function returns.
  return await operations.health();
}
