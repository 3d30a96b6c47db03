import type { Server } from 'node:https';
import type { FastifyInstance } from 'fastify';

/** What routes and hooks are added to: fastify over TLS. */
export type HttpApp = FastifyInstance<Server>;
