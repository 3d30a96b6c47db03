import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { updateApplication } from '#test/sandbox/world/applications.ts';
import { TestEdge, type TestTenant } from './test-edge.ts';
import { eventually } from './test-stream.ts';

let edge: TestEdge;
let tenant: TestTenant;

beforeAll(async () => {
  edge = await TestEdge.create();
  await edge.start({ random: () => 0 });
  tenant = await edge.tenant('Changed afterwards');
  await edge.storeCredential(tenant);
});
afterAll(() => edge[Symbol.asyncDispose]());

const findings = async () => ((await edge.session(tenant, 'GET')).body as { findings: unknown[] }).findings;

describe('an application that was changed after onboarding', () => {
  it('is found when its session begins or is resumed, and no longer once it is fixed', async () => {
    updateApplication(edge.sandbox.world, tenant.application.id, { interactionsEndpointUrl: 'http://127.0.0.1:1/' });
    await edge.session(tenant, 'PUT');
    await eventually(async () => (await findings()).length > 0);
    expect(await findings()).toMatchObject([{ code: 'interactions-endpoint-set', affects: 'commands' }]);

    updateApplication(edge.sandbox.world, tenant.application.id, { interactionsEndpointUrl: null });
    edge.sandbox.faults.inject({ close: { applicationId: tenant.application.id, code: 4000 } });
    await eventually(async () => (await findings()).length === 0);
  });
});
