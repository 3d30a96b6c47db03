import { z } from 'zod';
import { callerFault } from '#infra/kernel/errors.ts';
import { tenantIdSchema } from '#infra/kernel/ids.ts';
import { decidedAtMs } from '#policies/decision-facts.ts';
import { explainDecision, explanationSchema } from '../policies/explanation.ts';
import { failuresUnder, recordedDecision } from '../policies/recorded-decision.ts';
import { personOrKey } from '../operation-access.ts';
import { inTenant, type ApiRoutes } from './api-routes.ts';

const decisionSchema = z
  .string()
  .refine((text) => decidedAtMs(text) !== undefined, 'must be a decision id such as dec_01h2xcejqtf2nbrexx3vqjhp41');

/** Explanations of past decisions. */
export const decisionRoutes: ApiRoutes = (app, { policies, database, config }) => {
  app.get(
    `${inTenant}/decisions/:decision`,
    {
      config: { ...config, access: personOrKey('audit.read') },
      schema: {
        operationId: 'explainDecision',
        tags: ['Policies'],
        summary:
          'Explains why something was allowed or denied, by repeating the decision under the policy in force at the time, and what would have allowed it',
        params: z.object({ tenant: tenantIdSchema, decision: decisionSchema }),
        response: { 200: explanationSchema },
      },
    },
    async (request) => {
      const { tenant, decision } = request.params;
      const madeAtMs = decidedAtMs(decision) ?? 0;
      const record = await recordedDecision(database, tenant, decision, madeAtMs);
      if (record) {
        const failures = await failuresUnder(database, tenant, decision, madeAtMs);
        return explainDecision(policies, tenant, { record, failures }, madeAtMs);
      }
      throw callerFault(
        'decision.unknown',
        'The log has no such decision. A new decision appears within a second.',
        404,
      );
    },
  );
};
