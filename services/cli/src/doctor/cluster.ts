import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import { serverOf } from '#infra/database/postgres-leftover.ts';
import type { DataPaths } from '../up/data-folder.ts';
import { fault, ok, warning, type Finding } from './finding.ts';

const about = 'database';
const restore = 'restore the whole postgres folder from a backup, or load a dump: the database cannot start from it';

/**
 * Files of the embedded PostgreSQL without which it does not start: its lock, its control file, and the part of its
 * journal (WAL) from which it would recover.
 */
export async function checkCluster({ databaseVersion }: DataPaths, runs: boolean): Promise<Finding[]> {
  const data = path.dirname(databaseVersion);
  if (!(await stat(data).catch(() => undefined))) return [];
  const control = await controlFile(path.join(data, 'global', 'pg_control'));
  const found = [...(await lockFinding(data, runs)), ...(control ? await journalFinding(data, control) : [])];
  if (!control) found.push(fault(about, `${path.join(data, 'global', 'pg_control')} is damaged`, restore));
  return found.length > 0 ? found : [ok(about, 'its control file and its journal can be read')];
}

async function lockFinding(data: string, runs: boolean): Promise<Finding[]> {
  const server = await serverOf(data);
  if (server === 'damaged') {
    const says = `${path.join(data, 'postmaster.pid')} is damaged: it names no process`;
    if (!runs) return [warning(about, says, 'start it: the start ends what was left and writes the file again')];
    return [warning(about, `${says}; PostgreSQL ends within a minute`, 'wait: it is restarted automatically')];
  }
  return [];
}

interface ControlFile {
  /** Position of the last checkpoint in the journal, and its timeline. */
  readonly checkpoint: bigint;
  readonly timeline: number;
}

/** ControlFileData of PostgreSQL 18, src/include/catalog/pg_control.h; written in the machine's own byte order. */
const control = { bytes: 64, versionAt: 8, version: 1800, checkpointAt: 32, timelineAt: 48 } as const;
const segmentBytes = 16n * 1024n * 1024n;
const segmentsOfLog = 0x1_0000_0000n / segmentBytes;
/** XLOG_PAGE_MAGIC, src/include/access/xlog_internal.h. */
const pageMagic = 0xd118;
const pageBytes = 8192n;

async function controlFile(file: string): Promise<ControlFile | undefined> {
  const bytes = await readAt(file, 0, control.bytes);
  if (!bytes || bytes.readUInt32LE(control.versionAt) !== control.version) return undefined;
  return { checkpoint: bytes.readBigUInt64LE(control.checkpointAt), timeline: bytes.readUInt32LE(control.timelineAt) };
}

/** Whether the journal page with the last checkpoint is valid: a start reads it first. */
async function journalFinding(data: string, { checkpoint, timeline }: ControlFile): Promise<Finding[]> {
  const segment = checkpoint / segmentBytes;
  const hex = (value: bigint) => value.toString(16).toUpperCase().padStart(8, '0');
  const name = [BigInt(timeline), segment / segmentsOfLog, segment % segmentsOfLog].map(hex).join('');
  const file = path.join(data, 'pg_wal', name);
  const page = await readAt(file, Number(((checkpoint % segmentBytes) / pageBytes) * pageBytes), 2);
  if (page?.readUInt16LE() === pageMagic) return [];
  return [fault(about, `${file} is damaged: the journal (WAL) lacks the last checkpoint`, restore)];
}

/** Undefined if the file is too short. */
async function readAt(file: string, position: number, bytes: number): Promise<Buffer | undefined> {
  const handle = await open(file, 'r').catch(() => undefined);
  if (!handle) return undefined;
  try {
    const buffer = Buffer.alloc(bytes);
    const { bytesRead } = await handle.read(buffer, 0, bytes, position);
    return bytesRead === bytes ? buffer : undefined;
  } finally {
    await handle.close();
  }
}
