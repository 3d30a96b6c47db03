import type http from 'node:http';
import process from 'node:process';

/**
 * node:http, but not imported: an import reads every export, and one of them loads Node's own fetch and WebSocket,
 * which hardly any process here uses: a tenth of a start's work, and 3 MiB for as long as the process runs.
 */
export const { createServer, ServerResponse, STATUS_CODES } = process.getBuiltinModule('node:http');
export type ServerResponse = http.ServerResponse;
