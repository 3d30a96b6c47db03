import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { HttpApp } from '#infra/http/http-app.ts';
import { takeDocuments } from '../policies/documents.ts';
import type { ApiRoutes } from './api-routes.ts';
import { decisionRoutes } from './decisions.ts';
import { policyChangeRoutes } from './policy-changes.ts';
import { policyTrialRoutes } from './policy-trials.ts';
import { policyVersionRoutes } from './policy-versions.ts';

/** Permissions, guild by guild. */
export const policyRoutes: ApiRoutes = (app, ports) => {
  app.register((scope, _options, done) => {
    const own = scope as unknown as HttpApp;
    takeDocuments(own);
    for (const group of [policyVersionRoutes, policyChangeRoutes, policyTrialRoutes, decisionRoutes])
      group(own.withTypeProvider<ZodTypeProvider>(), ports);
    done();
  });
};
