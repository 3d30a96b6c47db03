import { z } from 'zod';
import { keyReportSchema } from '#security/keyring/key-report.ts';
import { personOnly, personOrKey } from '../operation-access.ts';
import { keyScheduleSchema, scheduleChangeSchema } from '../rotation/key-schedules.ts';
import { custodianSchema } from '../settings.ts';
import { inTenant, tenantParams, type ApiRoutes } from './api-routes.ts';

const keysSchema = z.object({ custodian: custodianSchema, ...keyReportSchema.shape });

/** The keys that encrypt a tenant's data and sign its audit log. */
export const keyRoutes: ApiRoutes = (app, { access, tenantKeys, schedules, journal, config }) => {
  app.get(
    `${inTenant}/keys`,
    {
      config: { ...config, access: personOrKey('key.read') },
      schema: {
        operationId: 'readKeys',
        tags: ['Keys'],
        summary: "Returns the versions and ages of the tenant's keys, and their custodian, but never a key",
        params: tenantParams,
        response: { 200: keysSchema },
      },
    },
    (request) => tenantKeys.read(request.params.tenant),
  );

  app.post(
    `${inTenant}/keys/rotate`,
    {
      config: { ...config, access: personOnly('key.rotate'), problems: [502] },
      schema: {
        operationId: 'rotateKeys',
        tags: ['Keys'],
        summary:
          'Replaces the keys that encrypt what is stored, re-encrypts it, and destroys the older versions, while the bot keeps running. 202: not complete yet; it continues by itself, and `rotatedAt` of the schedule tells when it is',
        params: tenantParams,
        response: { 200: keysSchema, 202: z.object({ status: z.literal('running') }) },
      },
    },
    async (request, reply) => {
      const { tenant } = request.params;
      await journal.add(access.of(request).record({ kind: 'change', outcome: 'allowed', target: 'keys' }));
      if ((await tenantKeys.rotate(tenant)) === 'running')
        return reply.code(202).header('location', `/v1/tenants/${tenant}/keys/schedule`).send({ status: 'running' });
      return reply.code(200).send(await tenantKeys.read(tenant));
    },
  );

  app.get(
    `${inTenant}/keys/schedule`,
    {
      config: { ...config, access: personOrKey('key.read') },
      schema: {
        operationId: 'readKeySchedule',
        tags: ['Keys'],
        summary: 'Returns how often the keys are rotated, when they last were, and when they are next due',
        params: tenantParams,
        response: { 200: keyScheduleSchema },
      },
    },
    (request) => schedules.read(request.params.tenant),
  );

  app.put(
    `${inTenant}/keys/schedule`,
    {
      config: { ...config, access: personOnly('key.rotate') },
      schema: {
        operationId: 'setKeySchedule',
        tags: ['Keys'],
        summary: 'Sets after how many days the keys are rotated',
        params: tenantParams,
        body: scheduleChangeSchema,
        response: { 200: keyScheduleSchema },
      },
    },
    (request) => {
      const { days } = request.body;
      const record = access
        .of(request)
        .record({ kind: 'change', outcome: 'succeeded', target: 'keys', detail: { days } });
      return schedules.set(request.params.tenant, days, record);
    },
  );
};
