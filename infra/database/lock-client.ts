import pg from 'pg';

const statementTimeoutMs = 15_000;
/** Longer than the server's own limit: it ends a statement that the network swallowed. */
const queryTimeoutMs = 20_000;

/** A connection, not open yet, whose advisory locks (PostgreSQL, 13.3.5) live as long as it does. */
export const lockClient = (url: string): pg.Client =>
  new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 5_000,
    statement_timeout: statementTimeoutMs,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
  });
