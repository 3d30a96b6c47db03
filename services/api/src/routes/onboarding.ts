import { z } from 'zod';
import { snowflakeSchema } from '#infra/kernel/ids.ts';
import { eventStreamOf } from '../server-sent-events.ts';
import { endSchema } from '../live/open-streams.ts';
import { checkIds, type CheckId } from '../onboarding/checks.ts';
import { onboardingSchema, placeSchema } from '../onboarding/document.ts';
import { personOnly, personOrKey } from '../operation-access.ts';
import { inTenant, tenantParams, type ApiRoutes } from './api-routes.ts';

const tokenBody = z.strictObject({
  token: z
    .string()
    .trim()
    .max(200)
    .regex(/^[!-~]+$/, 'must be printable characters without spaces'),
  applicationId: snowflakeSchema.optional(),
});

const at = `${inTenant}/onboarding` as const;
const problems = [409, 502];

/** From a pasted token to a bot that plays, check by check. */
export const onboardingRoutes: ApiRoutes = (app, ports) => {
  starting(app, ports);
  following(app, ports);
  retrying(app, ports);
  place(app, ports);
};

const starting: ApiRoutes = (app, { access, config, journal, onboardings }) => {
  app.post(
    at,
    {
      config: { ...config, access: personOnly('tenant.update'), problems },
      schema: {
        operationId: 'startOnboarding',
        tags: ['Onboarding'],
        summary: 'Checks a pasted token, stores it, and runs all further checks',
        params: tenantParams,
        body: tokenBody,
        response: { 200: onboardingSchema },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      const allowed = access.of(request);
      await journal.add(allowed.record({ kind: 'change', outcome: 'allowed', detail: { onboarding: 'token' } }));
      return onboardings.start({ tenant, allowed }, request.body);
    },
  );

  app.post(
    `${at}/resume`,
    {
      config: { ...config, access: personOnly('tenant.update'), problems },
      schema: {
        operationId: 'resumeOnboarding',
        tags: ['Onboarding'],
        summary: 'Continues where the onboarding stopped; failed checks are repeated',
        params: tenantParams,
        response: { 200: onboardingSchema },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      const allowed = access.of(request);
      await journal.add(allowed.record({ kind: 'change', outcome: 'allowed', detail: { onboarding: 'resume' } }));
      return onboardings.resume({ tenant, allowed });
    },
  );
};

const following: ApiRoutes = (app, { access, config, onboardings, streams }) => {
  app.get(
    at,
    {
      config: { ...config, access: personOrKey('tenant.read') },
      schema: {
        operationId: 'readOnboarding',
        tags: ['Onboarding'],
        summary: 'Returns the state of each check, the reason for a failure, and how to fix it',
        params: tenantParams,
        response: { 200: onboardingSchema },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      return onboardings.read(tenant);
    },
  );

  app.get(
    `${at}/events`,
    {
      config: { ...config, access: personOrKey('tenant.read'), problems: [429] },
      schema: {
        operationId: 'followOnboarding',
        tags: ['Onboarding'],
        summary: 'Streams the onboarding as `state` events: first the current state, then each change',
        params: tenantParams,
        response: { 200: eventStreamOf({ state: onboardingSchema, end: endSchema }) },
      },
    },
    async (request, reply) => {
      const about = { tenant: request.params.tenant };
      const { subject } = access.of(request);
      let unfollow: () => void = () => undefined;
      const standing = () => access.standing(request, 'tenant.read', about);
      const stream = await streams.open({ reply, subject, standing, onClose: () => unfollow() });
      unfollow = onboardings.follow(about.tenant, (view) => stream.send('state', view));
      return reply;
    },
  );
};

const retrying: ApiRoutes = (app, { access, config, journal, onboardings }) => {
  app.post(
    `${at}/checks/:check(^(?:${checkIds.join('|')})$)/retry`,
    {
      config: { ...config, access: personOnly('tenant.update'), problems },
      schema: {
        operationId: 'retryCheck',
        tags: ['Onboarding'],
        summary: 'Repeats a check and those after it',
        params: tenantParams.extend({ check: z.enum(checkIds as [CheckId, ...CheckId[]]) }),
        response: { 200: onboardingSchema },
      },
    },
    async (request) => {
      const { tenant, check } = request.params;
      const allowed = access.of(request);
      await journal.add(
        allowed.record({ kind: 'change', outcome: 'allowed', detail: { onboarding: `retry ${check}` } }),
      );
      return onboardings.retry({ tenant, allowed }, check);
    },
  );
};

const place: ApiRoutes = (app, { access, config, journal, onboardings }) => {
  app.put(
    `${at}/place`,
    {
      config: { ...config, access: personOnly('tenant.update'), problems },
      schema: {
        operationId: 'choosePlace',
        tags: ['Onboarding'],
        summary: 'Chooses the voice channel for the sound check',
        params: tenantParams,
        body: placeSchema,
        response: { 200: onboardingSchema },
      },
    },
    async (request) => {
      const { tenant } = request.params;
      const allowed = access.of(request);
      const { guild, voiceChannel } = request.body;
      const detail = { onboarding: 'place', voiceChannel };
      await journal.add(allowed.record({ kind: 'change', outcome: 'allowed', guild, detail }));
      return onboardings.choose({ tenant, allowed }, request.body);
    },
  );
};
