import type pg from 'pg';
import { newConnection } from './connections.ts';

const statementTimeoutMs = 15_000;
/** Longer than the server's own limit: for a statement that was lost in the network. */
const queryTimeoutMs = 20_000;

/** A connection, not open yet, whose advisory locks (PostgreSQL, 13.3.5) live as long as it does. */
export const lockClient = (url: string): pg.Client =>
  newConnection(url, { statement_timeout: statementTimeoutMs, query_timeout: queryTimeoutMs });
