import { Socket } from 'node:net';
import pg from 'pg';
import { gather } from '#infra/kernel/gathered-writes.ts';

const connectTimeoutMs = 5_000;
const idleTimeoutMs = 30_000;
const statementTimeoutMs = 15_000;

/**
 * A connection whose end never ends the process: Node throws an 'error' event without a listener, and a pool removes
 * its own listener while a connection is lent. The current statement, or the next one, reports the fault. All
 * connections of all processes are made here (.dependency-cruiser.mjs keeps `pg` to this folder).
 */
export class Connection extends pg.Client {
  constructor(settings?: string | pg.ClientConfig) {
    super(settings);
    this.on('error', () => undefined);
  }
}

/** A single connection, not open yet; `more` overrides the default limits. */
export const newConnection = (url: string, more: pg.ClientConfig = {}): pg.Client =>
  new Connection({ connectionString: url, connectionTimeoutMillis: connectTimeoutMs, keepAlive: true, ...more });

/**
 * A pool of connections; one that breaks is replaced at the next use. `pipeline`: a statement is sent without waiting
 * for the result of the one before it.
 */
export function openPool(settings: { url: string; maxConnections: number; pipeline?: boolean }): pg.Pool {
  const pool = new pg.Pool({
    connectionString: settings.url,
    max: settings.maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    idleTimeoutMillis: idleTimeoutMs,
    statement_timeout: statementTimeoutMs,
    allowExitOnIdle: true,
    pipeline: settings.pipeline ?? false,
    stream: () => {
      const socket = new Socket();
      return socket.once('connect', () => gather(socket));
    },
    Client: Connection,
  });
  pool.on('error', () => undefined);
  return pool;
}

/** A literal in a statement that takes no parameters. */
export const { escapeLiteral, escapeIdentifier } = pg;
