import { z } from 'zod';
import { keyReportSchema } from '#security/keyring/key-report.ts';
import { addressOf } from '#policies/addresses.ts';
import { personOrKey } from '../operation-access.ts';
import { custodianSchema } from '../settings.ts';
import { inTenant, tenantParams, type ApiRoutes } from './api-routes.ts';

/** Each process that holds tenants' keys; none of them reveals one. */
const keepers = ['discord-edge', 'worker'] as const;

/** The keys that seal a tenant's data and sign its audit log. */
export const keyRoutes: ApiRoutes = (app, { caller, custodian, config }) => {
  app.get(
    `${inTenant}/keys`,
    {
      config: { ...config, access: personOrKey('key.read') },
      schema: {
        operationId: 'readKeys',
        tags: ['Keys'],
        summary: "Returns the versions and ages of the tenant's keys, and their custodian, but never a key",
        params: tenantParams,
        response: {
          200: z.object({
            custodian: custodianSchema,
            ...keyReportSchema.shape,
          }),
        },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      const reports = await Promise.all(
        keepers.map((to) => caller.json(addressOf(to, 'GET /v1/tenants/:tenant/keys', { tenant }), keyReportSchema)),
      );
      return { custodian, keys: reports.flatMap(({ keys }) => keys) };
    },
  );
};
