import { Socket } from 'node:net';
import pg from 'pg';
import { gather } from '#infra/kernel/gathered-writes.ts';
import { statementSent } from './statements.ts';

const connectTimeoutMs = 5_000;
const idleTimeoutMs = 30_000;
const statementTimeoutMs = 15_000;

type AnyQuery = (...given: unknown[]) => unknown;
type Answer = (error: unknown, result: unknown) => void;

/**
 * A connection whose end never ends the process: Node throws an 'error' event without a listener, and a pool removes
 * its own listener while a connection is lent. The current statement, or the next one, reports the fault. All
 * connections of all processes are made here (.dependency-cruiser.mjs keeps `pg` to this folder).
 */
export class Connection extends pg.Client {
  readonly #settings: string | pg.ClientConfig | undefined;

  constructor(settings?: string | pg.ClientConfig) {
    super(settings);
    this.#settings = settings;
    this.on('error', () => undefined);
  }

  /** As in pg; and whoever counts statements, or looks for slow ones, is told (statements.ts). */
  override query = ((...given: unknown[]) => this.#watched(given)) as unknown as typeof pg.Client.prototype.query;

  #watched([statement, values, callback]: unknown[]): unknown {
    const query = (...given: unknown[]) => (pg.Client.prototype.query as unknown as AnyQuery).apply(this, given);
    const text: unknown = typeof statement === 'string' ? statement : Object(statement).text;
    if (typeof text !== 'string') return query(statement, values, callback);
    const answered = statementSent(text, () => this.#planOf(text));
    // pg takes a callback in place of the values, too.
    const [parameters, told] = typeof values === 'function' ? [undefined, values] : [values, callback];
    const send = (answer: Answer) => query(statement, parameters, answer);
    if (typeof told !== 'function') return this.#promised(send, answered);
    return send((...outcome) => {
      answered();
      told(...outcome);
    });
  }

  /**
   * A promise of our own: pg's keeps each result until the next collection of the whole heap. Behind it is a function
   * that pg assigns to a property (`query.callback = …`), which V8 takes for a method and puts into the old generation,
   * and with it goes everything that it refers to.
   */
  async #promised(send: (answer: Answer) => unknown, answered: () => void): Promise<unknown> {
    try {
      return await new Promise((resolve, reject) => {
        send((error, result) => (error ? reject(error) : resolve(result)));
      });
    } catch (error) {
      // The stack leads to whoever has sent the statement instead of to the socket.
      if (error instanceof Error) Error.captureStackTrace(error);
      throw error;
    } finally {
      answered();
    }
  }

  /** On a connection of its own: this one may be in the middle of a transaction, or broken. */
  async #planOf(text: string): Promise<unknown> {
    const client = new pg.Client(this.#settings);
    client.on('error', () => undefined);
    await client.connect();
    try {
      const { rows } = await client.query<{ 'QUERY PLAN': unknown }>(`explain (generic_plan, format json) ${text}`);
      return rows[0]?.['QUERY PLAN'];
    } finally {
      await client.end();
    }
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
