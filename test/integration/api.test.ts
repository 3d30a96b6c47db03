import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { snowflake, type TenantId } from '#infra/kernel/ids.ts';
import type { MemberRole } from '#policies/roles.ts';
import { tenantKeyName } from '#security/keyring/data-keys.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { defaultSettings } from '#services/contracts/settings.ts';
import type { Answer, Call } from '#test/security/world/doors.ts';
import { refuseRepeatedStatements } from '#test/repeated-statements.ts';
import { eventually, startWorld, type Customer, type World } from '#test/security/world/world.ts';
import { bailiwick } from './cli-in-process.ts';

/** Every operation of the API as people reach it, through the proxy's public listener, with every part behind it. */
let world: World;
let statements: Disposable;
/** A tenant with a bot. */
let acme: Customer;
/** A tenant with one member of each role. */
let bare: TenantId;
const sessions = {} as Record<MemberRole | 'stranger', string>;
const guild = '80351110224678912';
const policy = {
  rules: [{ id: 'no-skip', effect: 'deny', who: { everyone: true }, commands: ['skip'] }],
  otherwise: 'allow',
};

beforeAll(async () => {
  statements = refuseRepeatedStatements();
  world = await startWorld();
  acme = await world.customer('Acme');
  bare = await world.bareTenant();
  for (const [index, role] of (['owner', 'admin', 'auditor', 'viewer'] as const).entries()) {
    sessions[role] = await world.session(`discord:10${index}`, { tenant: bare, role });
  }
  // An owner, but of another tenant.
  sessions.stranger = await world.session('discord:200', { tenant: await world.bareTenant(), role: 'owner' });
});
afterAll(async () => {
  await world?.[Symbol.asyncDispose]();
  statements?.[Symbol.dispose]();
});

const everybody: readonly MemberRole[] = ['owner', 'admin', 'auditor', 'viewer'];

interface Operation extends Omit<Call, 'path'> {
  readonly name: string;
  readonly action: string;
  readonly path: (tenant: TenantId) => string;
  readonly roles: readonly MemberRole[];
  /** Bodies, or paths, that must be refused without any change. */
  readonly invalid?: readonly (Partial<Omit<Call, 'path'>> & { path?: string; status: number; code: string })[];
}

const wrongIds = [
  { path: '/v1/tenants/ten_A/guilds/1/policy', status: 404, code: 'http.not-found' },
  {
    path: `/v1/tenants/ten_01h2xcejqtf2nbrexx3vqjhp41/guilds/18446744073709551616/policy`,
    status: 404,
    code: 'http.not-found',
  },
];
const badJson = { body: '{"name":', status: 400, code: 'http.malformed' };
const wrongType = { headers: { 'content-type': 'text/plain' }, status: 415, code: 'http.media-type' };
const tooLarge = { body: { name: 'x'.repeat(300_000) }, status: 413, code: 'http.too-large' };
const whatever = { 'if-match': '*' };
/** A precondition is required, since the current version may not have been seen. */
const unseen = [{ headers: {}, status: 428, code: 'api.precondition-required' }];
const mergePatch = { 'content-type': 'application/merge-patch+json' };
const yaml = { 'content-type': 'application/yaml' };
const externalKey = { url: 'https://vault.example.com', key: 'bailiwick', roleId: 'role', secretId: 'secret' };
const webhook = { url: 'https://example.com/hook', events: ['track.started'] };
const noWebhook = '/webhooks/whk_01h2xcejqtf2nbrexx3vqjhp41';
const unexpectedBody = { body: { more: true }, status: 400, code: 'http.unexpected-body' };

const ofJanuary = 'from=2026-01-01T00:00:00Z&to=2026-01-31T00:00:00Z';

const operations: readonly Operation[] = [
  {
    name: 'readTenant',
    action: 'tenant.read',
    path: (tenant) => `/v1/tenants/${tenant}`,
    roles: everybody,
    invalid: [{ path: '/v1/tenants/ten_', status: 404, code: 'http.not-found' }],
  },
  {
    name: 'renameTenant',
    action: 'tenant.update',
    method: 'PATCH',
    path: (tenant) => `/v1/tenants/${tenant}`,
    body: { name: 'Bare' },
    headers: whatever,
    roles: ['owner', 'admin'],
    invalid: [
      ...unseen,
      { headers: { 'if-match': '"77"' }, status: 412, code: 'tenant.conflict' },
      { headers: { 'if-match': 'W/"1"' }, status: 400, code: 'api.if-match' },
      { body: { name: ' ' }, status: 400, code: 'http.invalid' },
      { body: { name: 'a\u202eb' }, status: 400, code: 'http.invalid' },
      { body: { name: 'x'.repeat(81) }, status: 400, code: 'http.invalid' },
      { body: { name: 'x', status: 'active' }, status: 400, code: 'http.invalid' },
      badJson,
      wrongType,
    ],
  },
  {
    name: 'storeToken',
    action: 'tenant.update',
    method: 'PUT',
    path: (tenant) => `/v1/tenants/${tenant}/token`,
    body: { token: 'not-a-token' },
    roles: [],
    invalid: [
      { body: { token: 5 }, status: 400, code: 'http.invalid' },
      { body: { token: 'x', applicationId: 'x' }, status: 400, code: 'http.invalid' },
      { body: { token: 'x', tenant: 'x' }, status: 400, code: 'http.invalid' },
      { body: undefined, status: 400, code: 'http.invalid' },
      { body: { token: 'not-a-token' }, status: 422, code: 'credential.malformed' },
      badJson,
      tooLarge,
      wrongType,
    ],
  },
  {
    name: 'suspendTenant',
    action: 'tenant.suspend',
    method: 'POST',
    path: (tenant) => `/v1/tenants/${tenant}/suspend`,
    body: { reason: 'unpaid' },
    roles: [],
    invalid: [
      { body: { reason: '' }, status: 400, code: 'http.invalid' },
      { body: { reason: 'a\u0000b' }, status: 400, code: 'http.invalid' },
      { body: { reason: 'a\u202eb' }, status: 400, code: 'http.invalid' },
      { body: { reason: 'x'.repeat(301) }, status: 400, code: 'http.invalid' },
    ],
  },
  {
    name: 'resumeTenant',
    action: 'tenant.resume',
    method: 'POST',
    path: (tenant) => `/v1/tenants/${tenant}/resume`,
    roles: [],
    invalid: [unexpectedBody, { status: 409, code: 'tenant.no-token' }],
  },
  {
    name: 'deleteTenant',
    action: 'tenant.delete',
    method: 'DELETE',
    path: (tenant) => `/v1/tenants/${tenant}`,
    roles: [],
    invalid: [unexpectedBody],
  },
  {
    name: 'readGuildSettings',
    action: 'settings.read',
    path: (tenant) => `/v1/tenants/${tenant}/guilds/${guild}/settings`,
    roles: everybody,
    invalid: [{ path: '/v1/tenants/ten_A/guilds/1/settings', status: 404, code: 'http.not-found' }],
  },
  {
    name: 'replaceGuildSettings',
    action: 'settings.write',
    method: 'PUT',
    path: (tenant) => `/v1/tenants/${tenant}/guilds/${guild}/settings`,
    body: { ...defaultSettings, language: 'de', volume: 40, leaveAfterSec: 600 },
    headers: whatever,
    roles: ['owner', 'admin'],
    invalid: [
      ...unseen,
      { headers: { 'if-match': '"77"' }, status: 412, code: 'settings.changed' },
      { headers: { 'if-match': 'W/"1"' }, status: 400, code: 'api.if-match' },
      { body: { language: 'tlh' }, status: 400, code: 'http.invalid' },
      badJson,
      wrongType,
    ],
  },
  { name: 'listFeatures', action: 'tenant.read', path: (tenant) => `/v1/tenants/${tenant}/features`, roles: everybody },
  {
    name: 'switchFeature',
    action: 'feature.write',
    method: 'PUT',
    path: (tenant) => `/v1/tenants/${tenant}/features/lyrics`,
    body: { on: false },
    roles: ['owner'],
    invalid: [
      { body: { on: 'yes' }, status: 400, code: 'http.invalid' },
      { body: { on: true, more: 1 }, status: 400, code: 'http.invalid' },
      badJson,
      wrongType,
    ],
  },
  {
    name: 'listGuildFeatures',
    action: 'tenant.read',
    path: (tenant) => `/v1/tenants/${tenant}/guilds/${guild}/features`,
    roles: everybody,
  },
  {
    name: 'switchGuildFeature',
    action: 'feature.write',
    method: 'PUT',
    path: (tenant) => `/v1/tenants/${tenant}/guilds/${guild}/features/lyrics`,
    body: { on: null },
    roles: ['owner'],
    invalid: [{ body: {}, status: 400, code: 'http.invalid' }, badJson, wrongType],
  },
  { name: 'listPolicies', action: 'policy.read', path: (tenant) => `/v1/tenants/${tenant}/policies`, roles: everybody },
  {
    name: 'readPolicy',
    action: 'policy.read',
    path: (tenant) => `/v1/tenants/${tenant}/guilds/${guild}/policy`,
    roles: everybody,
    invalid: [
      ...wrongIds,
      ...['at=yesterday', 'version=-1', 'version=1&at=2026-11-25T00:00:00Z', 'more=1'].map((query) => ({
        path: `/v1/tenants/ten_01h2xcejqtf2nbrexx3vqjhp41/guilds/${guild}/policy?${query}`,
        status: 400,
        code: 'http.invalid',
      })),
    ],
  },
  {
    name: 'replacePolicy',
    action: 'policy.write',
    method: 'PUT',
    path: (tenant) => `/v1/tenants/${tenant}/guilds/${guild}/policy`,
    body: policy,
    headers: whatever,
    roles: ['owner', 'admin'],
    invalid: [
      ...unseen,
      { headers: { 'if-none-match': '*' }, status: 412, code: 'policy.conflict' },
      { headers: { 'if-none-match': '"1"' }, status: 400, code: 'policy.if-none-match' },
      { headers: { 'if-match': '*', 'if-none-match': '*' }, status: 400, code: 'policy.if-none-match' },
      { headers: { 'if-match': 'W/"1"' }, status: 400, code: 'policy.if-match' },
      { body: { rules: [] }, status: 422, code: 'policy.invalid' },
      { body: { ...policy, more: 1 }, status: 422, code: 'policy.invalid' },
      { body: [], status: 422, code: 'policy.invalid' },
      { body: undefined, status: 422, code: 'policy.invalid' },
      { headers: { 'if-match': '3' }, status: 400, code: 'policy.if-match' },
      { headers: yaml, body: '['.repeat(100_000), status: 400, code: 'document.too-deep' },
      { headers: yaml, body: 'rules: []\notherwise: !!js/function allow', status: 400, code: 'policy.yaml' },
      { headers: yaml, body: 'rules: 5', status: 422, code: 'policy.invalid' },
      { headers: { 'if-match': '"77"' }, status: 412, code: 'policy.conflict' },
    ],
  },
  {
    name: 'validatePolicy',
    action: 'policy.read',
    method: 'POST',
    path: (tenant) => `/v1/tenants/${tenant}/guilds/${guild}/policy/validate`,
    body: policy,
    roles: everybody,
    invalid: [{ body: { rules: [{ id: 'x' }] }, status: 422, code: 'policy.invalid' }],
  },
  {
    name: 'readPolicyHistory',
    action: 'policy.read',
    path: (tenant) => `/v1/tenants/${tenant}/guilds/${guild}/policy/history`,
    roles: everybody,
    invalid: ['limit=0', 'limit=101', 'cursor=x!', 'more=1'].map((query) => ({
      path: `/v1/tenants/ten_01h2xcejqtf2nbrexx3vqjhp41/guilds/${guild}/policy/history?${query}`,
      status: 400,
      code: 'http.invalid',
    })),
  },
  {
    name: 'patchPolicy',
    action: 'policy.write',
    method: 'PATCH',
    path: (tenant) => `/v1/tenants/${tenant}/guilds/${guild}/policy`,
    headers: { ...mergePatch, ...whatever },
    body: { otherwise: 'deny' },
    roles: ['owner', 'admin'],
    invalid: [
      { headers: mergePatch, status: 428, code: 'api.precondition-required' },
      { body: { otherwise: null }, status: 422, code: 'policy.invalid' },
      { body: { rules: { 0: {} } }, status: 422, code: 'policy.invalid' },
      { body: `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`, status: 400, code: 'document.too-deep' },
      { body: [], status: 422, code: 'policy.invalid' },
      { headers: { ...mergePatch, 'if-match': '"77"' }, status: 412, code: 'policy.conflict' },
      { headers: { 'content-type': 'application/json' }, status: 415, code: 'http.media-type' },
      { headers: { 'content-type': 'application/yaml' }, status: 415, code: 'http.media-type' },
    ],
  },
  {
    name: 'rollBackPolicy',
    action: 'policy.write',
    method: 'POST',
    path: (tenant) => `/v1/tenants/${tenant}/guilds/${guild}/policy/rollback`,
    body: { version: 0 },
    headers: whatever,
    roles: ['owner', 'admin'],
    invalid: [
      ...unseen,
      { body: { version: 9_999 }, status: 404, code: 'policy.unknown-version' },
      { body: { version: '0' }, status: 400, code: 'http.invalid' },
      { headers: { 'if-match': '"77"' }, status: 412, code: 'policy.conflict' },
    ],
  },
  {
    name: 'copyPolicy',
    action: 'policy.write',
    method: 'POST',
    path: (tenant) => `/v1/tenants/${tenant}/guilds/${guild}/policy/copy`,
    body: { to: '80351110224678913' },
    headers: whatever,
    roles: ['owner', 'admin'],
    invalid: [
      ...unseen,
      { body: {}, status: 400, code: 'http.invalid' },
      { body: { from: '1', to: '2' }, status: 400, code: 'http.invalid' },
      { body: { from: 1 }, status: 400, code: 'http.invalid' },
      { headers: { 'if-match': '"77"' }, status: 412, code: 'policy.conflict' },
    ],
  },
  {
    name: 'tryPolicy',
    action: 'policy.read',
    method: 'POST',
    path: (tenant) => `/v1/tenants/${tenant}/guilds/${guild}/policy/dry-run`,
    body: { policy, member: { roles: ['5'] } },
    roles: everybody,
    invalid: [
      { body: { policy }, status: 400, code: 'http.invalid' },
      { body: { policy, member: { roles: [5] } }, status: 400, code: 'http.invalid' },
      { body: { policy: { ...policy, more: 1 }, member: {} }, status: 422, code: 'policy.invalid' },
      { headers: { 'content-type': 'application/yaml' }, status: 415, code: 'http.media-type' },
    ],
  },
  {
    name: 'readEffectivePolicy',
    action: 'policy.read',
    path: (tenant) => `/v1/tenants/${tenant}/guilds/${guild}/policy/effective?roles=5,6&permissions=8`,
    roles: everybody,
    invalid: ['roles=admin', 'permissions=-1', 'user=%2A', 'more=1'].map((query) => ({
      path: `/v1/tenants/ten_01h2xcejqtf2nbrexx3vqjhp41/guilds/${guild}/policy/effective?${query}`,
      status: 400,
      code: 'http.invalid',
    })),
  },
  {
    name: 'readKeys',
    action: 'key.read',
    path: (tenant) => `/v1/tenants/${tenant}/keys`,
    roles: ['owner', 'admin', 'auditor'],
    invalid: [
      {
        path: '/v1/tenants/ten_01h2xcejqtf2nbrexx3vqjhp41/keys?version=1',
        status: 400,
        code: 'http.unexpected-query',
      },
      { path: '/v1/tenants/ten_/keys', status: 404, code: 'http.not-found' },
    ],
  },
  {
    name: 'rotateKeys',
    action: 'key.rotate',
    method: 'POST',
    path: (tenant) => `/v1/tenants/${tenant}/keys/rotate`,
    roles: [],
    invalid: [unexpectedBody],
  },
  {
    name: 'eraseMember',
    action: 'member.erase',
    method: 'DELETE',
    path: (tenant) => `/v1/tenants/${tenant}/discord-members/80351110224678912/data`,
    roles: ['owner', 'admin'],
    invalid: [
      {
        path: '/v1/tenants/ten_01h2xcejqtf2nbrexx3vqjhp41/discord-members/discord:1/data',
        status: 400,
        code: 'http.invalid',
      },
      { path: '/v1/tenants/ten_/discord-members/1/data', status: 404, code: 'http.not-found' },
      unexpectedBody,
    ],
  },
  {
    name: 'readKeySchedule',
    action: 'key.read',
    path: (tenant) => `/v1/tenants/${tenant}/keys/schedule`,
    roles: ['owner', 'admin', 'auditor'],
  },
  {
    name: 'setKeySchedule',
    action: 'key.rotate',
    method: 'PUT',
    path: (tenant) => `/v1/tenants/${tenant}/keys/schedule`,
    body: { days: 30 },
    roles: ['owner', 'admin'],
    invalid: [
      ...[{ days: 0 }, { days: 366 }, { days: 1.5 }, { days: '30' }, {}, { days: 30, more: true }].map((body) => ({
        body,
        status: 400,
        code: 'http.invalid',
      })),
      badJson,
      wrongType,
    ],
  },
  {
    name: 'readExternalKey',
    action: 'key.read',
    path: (tenant) => `/v1/tenants/${tenant}/keys/external`,
    roles: ['owner', 'admin', 'auditor'],
  },
  {
    name: 'setExternalKey',
    action: 'key.external',
    method: 'PUT',
    path: (tenant) => `/v1/tenants/${tenant}/keys/external`,
    body: externalKey,
    // Needs a Vault: test/servers/vault.
    roles: [],
    invalid: [
      ...[
        { url: 'http://vault.example.com' },
        { url: 'https://user:pass@vault.example.com' },
        { key: '../sys/raw' },
        { mount: 'transit/../sys' },
        { namespace: '../other' },
        { secretId: '' },
        { trustPem: 'not a certificate' },
        { more: true },
      ].map((change) => ({ body: { ...externalKey, ...change }, status: 400, code: 'http.invalid' })),
      ...['10.0.0.1', '127.0.0.1:8200', '169.254.169.254', '[::1]', '[::ffff:10.0.0.1]', '2130706433'].map((host) => ({
        body: { ...externalKey, url: `https://${host}` },
        status: 422,
        code: 'external-key.private-address',
      })),
      // The name is resolved where it is used, and what it stands for is checked there.
      { body: { ...externalKey, url: 'https://localhost' }, status: 424, code: 'keyring.external-key' },
      badJson,
      wrongType,
    ],
  },
  {
    name: 'removeExternalKey',
    action: 'key.external',
    method: 'DELETE',
    path: (tenant) => `/v1/tenants/${tenant}/keys/external`,
    headers: whatever,
    roles: [],
    invalid: [
      { status: 404, code: 'external-key.none' },
      { headers: { 'if-match': 'seven' }, status: 400, code: 'api.if-match' },
      { headers: { 'if-match': '"7"' }, status: 412, code: 'external-key.conflict' },
      unexpectedBody,
    ],
  },
  ...(['retry', 'abandon'] as const).map((verb) => ({
    name: `${verb}ExternalKey`,
    action: 'key.external' as const,
    method: 'POST' as const,
    path: (tenant: TenantId) => `/v1/tenants/${tenant}/keys/external/${verb}`,
    // Needs a change that has failed: services/api/src/external-keys/failed-change.test.ts.
    roles: [],
    invalid: [{ status: 409, code: 'external-key.not-failed' }, unexpectedBody],
  })),
  {
    name: 'readStatistics',
    action: 'statistics.read',
    path: (tenant) => `/v1/tenants/${tenant}/statistics?${ofJanuary}`,
    roles: ['owner', 'admin'],
    invalid: [
      'from=yesterday&to=2026-01-02T00:00:00Z',
      'from=2026-01-02T00:00:00Z&to=2026-01-02T00:00:00Z',
      'from=2026-01-01T00:00:00Z&to=2026-04-04T00:00:00Z',
      'from=2026-01-01T00:00:00Z&to=2026-02-02T00:00:00Z&by=hour',
      `${ofJanuary}&timeZone=Mars/Olympus`,
      `${ofJanuary}&timeZone=%2B01:00`,
      `${ofJanuary}&guild=x`,
      `${ofJanuary}&by=minute`,
      `${ofJanuary}&more=1`,
    ].map((query) => ({
      path: `/v1/tenants/ten_01h2xcejqtf2nbrexx3vqjhp41/statistics?${query}`,
      status: 400,
      code: 'http.invalid',
    })),
  },
  {
    name: 'readRecentPlays',
    action: 'statistics.read',
    path: (tenant) => `/v1/tenants/${tenant}/statistics/recent`,
    roles: ['owner', 'admin'],
    invalid: ['minutes=0', 'minutes=1441', 'minutes=1.5', 'hours=1'].map((query) => ({
      path: `/v1/tenants/ten_01h2xcejqtf2nbrexx3vqjhp41/statistics/recent?${query}`,
      status: 400,
      code: 'http.invalid',
    })),
  },
  {
    name: 'readRecentTops',
    action: 'statistics.read',
    path: (tenant) => `/v1/tenants/${tenant}/statistics/recent/top`,
    roles: ['owner', 'admin'],
    invalid: ['last=week', 'guild=x', 'from=2026-01-01T00:00:00Z'].map((query) => ({
      path: `/v1/tenants/ten_01h2xcejqtf2nbrexx3vqjhp41/statistics/recent/top?${query}`,
      status: 400,
      code: 'http.invalid',
    })),
  },
  {
    name: 'readTops',
    action: 'statistics.read',
    path: (tenant) => `/v1/tenants/${tenant}/statistics/top?${ofJanuary}`,
    roles: ['owner', 'admin'],
    invalid: ['from=x&to=y', `${ofJanuary}&timeZone=UTC`].map((query) => ({
      path: `/v1/tenants/ten_01h2xcejqtf2nbrexx3vqjhp41/statistics/top?${query}`,
      status: 400,
      code: 'http.invalid',
    })),
  },
  {
    name: 'exportStatistics',
    action: 'statistics.read',
    path: (tenant) => `/v1/tenants/${tenant}/statistics/export?table=plays&${ofJanuary}`,
    roles: ['owner', 'admin'],
    invalid: [ofJanuary, `table=everything&${ofJanuary}`].map((query) => ({
      path: `/v1/tenants/ten_01h2xcejqtf2nbrexx3vqjhp41/statistics/export?${query}`,
      status: 400,
      code: 'http.invalid',
    })),
  },
  {
    name: 'listWebhooks',
    action: 'webhook.read',
    path: (tenant) => `/v1/tenants/${tenant}/webhooks`,
    roles: ['owner', 'admin', 'auditor'],
  },
  {
    name: 'createWebhook',
    action: 'webhook.write',
    method: 'POST',
    path: (tenant) => `/v1/tenants/${tenant}/webhooks`,
    body: webhook,
    // Answers 201: test/integration/webhooks.test.ts.
    roles: [],
    invalid: [
      ...[
        { url: 'http://example.com/hook' },
        { url: 'https://user:pass@example.com' },
        { url: 'https://example.com/#fragment' },
        { events: [] },
        { events: ['everything'] },
        { description: 'x'.repeat(101) },
        { more: true },
      ].map((change) => ({ body: { ...webhook, ...change }, status: 400, code: 'http.invalid' })),
      ...['10.0.0.1', '127.0.0.1:8200', '169.254.169.254', '[::1]', '[::ffff:10.0.0.1]', '2130706433'].map((host) => ({
        body: { ...webhook, url: `https://${host}` },
        status: 422,
        code: 'webhook.private-address',
      })),
      badJson,
      wrongType,
    ],
  },
  {
    name: 'changeWebhook',
    action: 'webhook.write',
    method: 'PATCH',
    path: (tenant) => `/v1/tenants/${tenant}${noWebhook}`,
    body: { enabled: true },
    // Needs a webhook: test/integration/webhooks.test.ts.
    roles: [],
    invalid: [
      { status: 404, code: 'webhook.unknown' },
      { body: { enabled: 'yes' }, status: 400, code: 'http.invalid' },
      badJson,
    ],
  },
  ...(['secret', 'test'] as const).map((verb) => ({
    name: verb === 'secret' ? 'rotateWebhookSecret' : 'testWebhook',
    action: 'webhook.write' as const,
    method: 'POST' as const,
    path: (tenant: TenantId) => `/v1/tenants/${tenant}${noWebhook}/${verb}`,
    roles: [],
    invalid: [{ status: 404, code: 'webhook.unknown' }, unexpectedBody],
  })),
  {
    name: 'removeWebhook',
    action: 'webhook.write',
    method: 'DELETE',
    path: (tenant) => `/v1/tenants/${tenant}${noWebhook}`,
    roles: [],
    invalid: [{ status: 404, code: 'webhook.unknown' }, unexpectedBody],
  },
  {
    name: 'listWebhookDeliveries',
    action: 'webhook.read',
    path: (tenant) => `/v1/tenants/${tenant}${noWebhook}/deliveries`,
    roles: [],
    invalid: [{ status: 404, code: 'webhook.unknown' }],
  },
  {
    name: 'replayWebhookDelivery',
    action: 'webhook.write',
    method: 'POST',
    path: (tenant) => `/v1/tenants/${tenant}${noWebhook}/deliveries/whd_01h2xcejqtf2nbrexx3vqjhp41/replay`,
    roles: [],
    invalid: [{ status: 404, code: 'webhook.unknown' }, unexpectedBody],
  },
  {
    name: 'readAuditKey',
    action: 'audit.read',
    path: (tenant) => `/v1/tenants/${tenant}/audit/key`,
    roles: ['owner', 'admin', 'auditor'],
  },
  {
    name: 'exportAudit',
    action: 'audit.read',
    path: (tenant) => `/v1/tenants/${tenant}/audit/export`,
    roles: ['owner', 'admin', 'auditor'],
    invalid: ['from=yesterday', 'kind=everything', 'guild=x', 'consistentWith=-1', 'more=1'].map((query) => ({
      path: `/v1/tenants/ten_01h2xcejqtf2nbrexx3vqjhp41/audit/export?${query}`,
      status: 400,
      code: 'http.invalid',
    })),
  },
];

const request = ({ method, body, headers }: Operation, path: string, session?: string): Promise<Answer> =>
  world.doors.public({
    path,
    ...(method ? { method } : {}),
    ...(headers ? { headers } : {}),
    ...(body === undefined ? {} : { body }),
    ...(session ? { session } : {}),
  });

/** Runs a request that must be refused, and checks that it changed nothing. */
async function refused(run: () => Promise<Answer>): Promise<Answer> {
  const before = await world.state();
  const answer = await run();
  expect(await world.state()).toBe(before);
  expect(answer.headers['content-type'], answer.text).toMatch(/^application\/problem\+json/);
  return answer;
}

describe.each(operations)('$name', (operation) => {
  const { path, roles, action } = operation;

  it.each(roles)('is done for a member with the role %s', async (role) => {
    if (action === 'audit.read') await eventually('the log has been begun', () => hasKey());
    const answer = await request(operation, path(bare), sessions[role]);
    expect(answer.status, answer.text).toBe(200);
  });

  it('is refused without a session', async () => {
    const answer = await refused(() => request(operation, path(bare)));
    expect(answer).toMatchObject({ status: 401, code: 'session.required' });
  });

  it('is refused to an expired session and to one that never existed', async () => {
    const late = await world.session('discord:300', { tenant: bare, role: 'owner' });
    await world.admin.query(
      "update api_session set expires_at = now() - interval '1 second' where subject = 'discord:300'",
    );
    for (const session of [late, 'never', `${sessions.owner}x`]) {
      expect(await refused(() => request(operation, path(bare), session))).toMatchObject({
        status: 401,
        code: 'session.required',
      });
    }
  });

  const refusedRoles = everybody.filter((role) => !mayDo(role, action));
  it.each(refusedRoles)('is refused to the role %s, and recorded', async (role) => {
    const answer = await refused(() => request(operation, path(bare), sessions[role]));
    expect(answer).toMatchObject({ status: 403, code: 'api.denied' });
    const last = (await world.audit(bare)).findLast(({ outcome }) => outcome === 'denied');
    expect(last).toMatchObject({
      kind: 'decision',
      action,
      outcome: 'denied',
      actor: { type: 'tenant-member', id: `discord:10${everybody.indexOf(role)}` },
      requestId: answer.headers['x-request-id'],
    });
    expect(last?.decision).toMatch(/^dec_/);
  });

  it("does not reveal the tenant to an owner of another one, and records the attempt in the tenant's log", async () => {
    const answer = await refused(() => request(operation, path(bare), sessions.stranger));
    expect(answer).toMatchObject({ status: 404, code: 'tenant.unknown' });
    const record = (await world.audit(bare)).find(({ requestId }) => requestId === answer.headers['x-request-id']);
    expect(record).toMatchObject({ action, outcome: 'denied', actor: { id: 'discord:200' } });
    const nothing = await refused(() =>
      request(operation, path('ten_01h2xcejqtf2nbrexx3vqjhp41' as TenantId), sessions.stranger),
    );
    expect(nothing).toMatchObject({ status: 404, code: 'tenant.unknown' });
    expect((nothing.body as { title: string }).title).toBe((answer.body as { title: string }).title);
  });

  it.each(operation.invalid ?? [])('refuses invalid input: $code ($path $body $headers)', async (invalid) => {
    const { status, code, path: givenPath, ...given } = invalid;
    const { method, body, headers } = operation;
    const answer = await refused(() =>
      world.doors.public({
        // Permission is checked first, so the tenant is one of the caller's.
        path: givenPath?.replace('ten_01h2xcejqtf2nbrexx3vqjhp41', bare) ?? path(bare),
        ...(method ? { method } : {}),
        ...(headers ? { headers } : {}),
        ...(body === undefined ? {} : { body }),
        session: sessions.owner,
        ...given,
      }),
    );
    expect({ status: answer.status, code: answer.code }, answer.text).toEqual({ status, code });
  });
});

async function hasKey(): Promise<boolean> {
  const { rowCount } = await world.admin.query('select 1 from audit_checkpoint where tenant_id = $1', [bare]);
  return rowCount !== 0;
}

const only: Readonly<Record<string, readonly MemberRole[]>> = {
  'tenant.update': ['owner', 'admin'],
  'tenant.suspend': ['owner'],
  'tenant.resume': ['owner'],
  'tenant.delete': ['owner'],
  'policy.write': ['owner', 'admin'],
  'settings.write': ['owner', 'admin'],
  'feature.write': ['owner'],
  'audit.read': ['owner', 'admin', 'auditor'],
  'key.read': ['owner', 'admin', 'auditor'],
};
const mayDo = (role: MemberRole, action: string): boolean => (only[action] ?? everybody).includes(role);

describe('the keys of a tenant', () => {
  const keysOf = async (tenant: TenantId) => {
    const answer = await world.doors.public({ path: `/v1/tenants/${tenant}/keys`, session: world.owner });
    expect(answer.status, answer.text).toBe(200);
    return answer.body as { custodian: object; keys: { purpose: string; protects: number; createdAt: string }[] };
  };
  const custodian = { kind: 'file', sealedBy: 'key-file' };

  it('are listed with their versions, ages and purpose, without key material', async () => {
    await eventually('the session is saved and the log begun', async () => {
      const { keys } = await keysOf(acme.id);
      return keys.length === 3 && keys.every(({ purpose, protects }) => purpose !== 'data' || protects === 2);
    });
    const told = await keysOf(acme.id);
    const sealing = { version: 1, algorithm: 'AES-256-GCM', state: 'current', createdAt: expect.any(String) as string };
    expect(told).toEqual({
      custodian,
      keys: [
        { ...sealing, purpose: 'data', protects: 2 },
        { ...sealing, purpose: 'audit-checkpoint', algorithm: 'Ed25519', protects: expect.any(Number) as number },
        { ...sealing, purpose: 'audit-key', protects: 1 },
      ],
    });
    expect(told.keys[1]?.protects).toBeGreaterThan(0);
    for (const { createdAt } of told.keys) {
      expect(Date.parse(createdAt)).toBeLessThanOrEqual(Date.now());
      expect(Date.parse(createdAt)).toBeGreaterThan(Date.now() - 600_000);
    }
  });

  it('are two versions after a rotation, of which the older one still protects what it sealed', async () => {
    await createFileCustodian(world.parts.edgeKeys).rotate(tenantKeyName(acme.id));
    const versions = (await keysOf(acme.id)).keys.filter(({ purpose }) => purpose === 'data');
    expect(versions).toMatchObject([
      { version: 2, state: 'current', protects: 0 },
      { version: 1, state: 'retired', protects: 2 },
    ]);
  });

  it('are empty for a tenant that has nothing sealed yet', async () => {
    expect(await keysOf(await world.bareTenant())).toEqual({ custodian, keys: [] });
  });
});

describe('a policy', () => {
  it('is saved with an audit record, a version as its ETag, and a history', async () => {
    const path = `/v1/tenants/${acme.id}/guilds/${acme.guild}/policy`;
    const first = await world.doors.public({ path, session: world.owner });
    expect(first).toMatchObject({ status: 200, headers: { etag: '"0"' } });
    const headers = { 'if-match': '"0"' };
    const saved = await world.doors.public({ method: 'PUT', path, session: world.owner, body: policy, headers });
    expect(saved).toMatchObject({
      status: 200,
      headers: { etag: '"1"' },
      body: { version: 1, author: 'operator:owner', policy },
    });
    const record = (await world.audit(acme.id)).find(({ requestId }) => requestId === saved.headers['x-request-id']);
    expect(record).toMatchObject({
      kind: 'change',
      action: 'policy.write',
      outcome: 'succeeded',
      actor: { type: 'operator' },
      guild: acme.guild,
      detail: { version: 1 },
    });
    const again = await world.doors.public({ method: 'PUT', path, session: world.owner, body: policy, headers });
    expect(again).toMatchObject({ status: 412, code: 'policy.conflict' });
  });

  it('is replaced only with the version that the caller saw; if there is none it is created, once', async () => {
    const path = `/v1/tenants/${bare}/guilds/502/policy`;
    const put = (headers: Record<string, string>, otherwise: string) =>
      world.doors.public({ method: 'PUT', path, session: world.owner, headers, body: { rules: [], otherwise } });
    const first = await Promise.all(
      ['allow', 'deny', 'allow'].map((otherwise) => put({ 'if-none-match': '*' }, otherwise)),
    );
    expect(first.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
    const before = await world.state();
    const blind = await put({}, 'deny');
    expect(blind).toMatchObject({ status: 428, code: 'api.precondition-required' });
    expect((blind.body as { title: string }).title).toMatch(/If-Match: \*/);
    expect(await world.state()).toBe(before);
    expect(await put({ 'if-match': '*' }, 'deny')).toMatchObject({ status: 200, headers: { etag: '"2"' } });
    expect(await put({ 'if-match': '"2"' }, 'allow')).toMatchObject({ status: 200, headers: { etag: '"3"' } });
  });

  it('is patched, tried, rolled back, copied, and read at earlier versions; each step is a version', async () => {
    const at = `/v1/tenants/${bare}/guilds/500/policy`;
    const ask = async (call: Partial<Call>, path = at) => {
      const answer = await world.doors.public({ path, session: world.owner, ...call });
      expect(answer.status, answer.text).toBe(200);
      return answer;
    };
    const rule = { id: 'djs', effect: 'allow', who: { roles: ['7'] }, commands: 'all' };
    await ask({ method: 'PUT', body: { rules: [rule], otherwise: 'allow' } });
    const between = new Date().toISOString();
    await ask({ method: 'PATCH', headers: { ...mergePatch, 'if-match': '"1"' }, body: { otherwise: 'deny' } });

    const allowedTo = async (path: string) => {
      const { cells } = (await ask({}, path)).body as { cells: { command: string; allowed: boolean; rule?: string }[] };
      return cells.filter(({ allowed }) => allowed).map(({ command, rule: by }) => `${command} by ${by}`);
    };
    expect(await allowedTo(`${at}/effective`)).toEqual([]);
    expect(await allowedTo(`${at}/effective?roles=6,7`)).toContain('skip by djs');
    const tried = await ask(
      { method: 'POST', body: { policy: { rules: [], otherwise: 'allow' }, member: {} } },
      `${at}/dry-run`,
    );
    expect(tried.body).toMatchObject({
      version: null,
      cells: expect.arrayContaining([{ command: 'skip', allowed: true, rule: 'otherwise', message: 'Allowed.' }]),
    });
    expect((await ask({})).headers.etag).toBe('"2"');

    expect((await ask({}, `${at}?version=1`)).body).toMatchObject({ version: 1, policy: { otherwise: 'allow' } });
    const yaml = await ask({ headers: { accept: 'application/yaml' } }, `${at}?at=${between}`);
    expect(yaml.headers).toMatchObject({ etag: '"1"', 'content-type': expect.stringContaining('application/yaml') });
    expect(yaml.text).toContain('roles:\n        - "7"');
    await ask({ method: 'POST', headers: { 'if-match': '"2"' }, body: { version: 1 } }, `${at}/rollback`);
    const asYaml = { 'content-type': 'application/yaml', 'if-match': '"3"' };
    const fromYaml = await ask({ method: 'PUT', headers: asYaml, body: yaml.text.replace('allow\n', 'deny\n') });
    expect(fromYaml.body).toMatchObject({ version: 4, policy: { rules: [{ ...rule, effect: 'deny' }] } });
    const copied = await ask({ method: 'POST', body: { from: '500' } }, at.replace('500', '501').concat('/copy'));
    expect(copied.body).toMatchObject({ guild: '501', version: 1, policy: { rules: [{ ...rule, effect: 'deny' }] } });

    const page = async (query: string) =>
      (await ask({}, `${at}/history?${query}`)).body as { items: { version: number }[]; nextCursor: string | null };
    const first = await page('limit=3');
    const rest = await page(`limit=3&cursor=${first.nextCursor}`);
    expect([...first.items, ...rest.items].map(({ version }) => version)).toEqual([4, 3, 2, 1]);
    expect(rest.nextCursor).toBeNull();
    const changes = (await world.audit(bare)).filter(
      ({ guild: of, action }) => of === '500' && action === 'policy.write',
    );
    expect(changes.map(({ detail }) => detail)).toEqual([
      { version: 1 },
      { version: 2 },
      { version: 3, rolledBackTo: 1 },
      { version: 4 },
    ]);
  });

  it('is saved with warnings about unknown ids, however it is saved, and warned about beforehand', async () => {
    const at = `/v1/tenants/${acme.id}/guilds/${acme.guild}/policy`;
    const rule = { id: 'r', effect: 'deny', who: { roles: [acme.guild, '7'] }, commands: ['stop'] };
    const vain = { rules: [{ ...rule, channels: [acme.text, acme.voice, '8'] }], otherwise: 'allow' };
    const told = {
      warnings: [
        { pointer: '/rules/0/who/roles/1', code: 'unknown-role', detail: expect.stringContaining('no role 7') },
        { pointer: '/rules/0/channels/2', code: 'unknown-channel' },
      ],
      note: null,
    };
    const checked = await ask(`${at}/validate`, 'POST', vain);
    expect(checked).toMatchObject({ status: 200, body: { valid: true, ...told } });
    expect(await ask(at, 'PUT', vain)).toMatchObject({ status: 200, body: told });
    expect(await ask(at, 'PUT', policy)).toMatchObject({ status: 200, body: { warnings: [], note: null } });
    // If the bot is not connected, it is unknown what exists.
    const saved = await ask(`/v1/tenants/${bare}/guilds/503/policy`, 'PUT', vain);
    expect(saved).toMatchObject({
      status: 200,
      body: { warnings: [], note: expect.stringContaining('not connected') },
    });
  });

  it('is refused for a server that the bot is not in', async () => {
    const before = await world.state();
    const refused = await ask(`/v1/tenants/${acme.id}/guilds/123/policy`, 'PUT', policy);
    expect(refused).toMatchObject({ status: 404, code: 'guild.unknown' });
    const copied = await ask(`/v1/tenants/${acme.id}/guilds/${acme.guild}/policy/copy`, 'POST', { to: '123' });
    expect(copied).toMatchObject({ status: 404, code: 'guild.unknown' });
    expect(await world.state()).toBe(before);
  });
});

const ask = (path: string, method: 'PUT' | 'POST', body: unknown) =>
  world.doors.public({ method, path, session: world.owner, body, headers: method === 'PUT' ? whatever : {} });

describe('the command line', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-policy-'));
    await file('operator.json', JSON.stringify({ url: url(), token: world.owner }));
    vi.stubEnv('BAILIWICK_SESSION', await file('session.json', JSON.stringify({ url: url(), token: sessions.owner })));
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true, force: true });
  });

  const file = async (name: string, text: string) => {
    await writeFile(path.join(folder, name), text);
    return path.join(folder, name);
  };

  const url = () => `http://127.0.0.1:${world.parts.proxy.publicPort}`;

  async function asOperator<Told>(run: () => Promise<Told>): Promise<Told> {
    const members = process.env['BAILIWICK_SESSION'];
    vi.stubEnv('BAILIWICK_SESSION', path.join(folder, 'operator.json'));
    try {
      return await run();
    } finally {
      vi.stubEnv('BAILIWICK_SESSION', members);
    }
  }

  it('describes a tenant in plain words, and to scripts as the API does', async () => {
    const list = await bailiwick('tenant', 'list');
    expect(list).toMatchObject({ code: 0, error: '' });
    expect(list.out).toMatch(new RegExp(`^${bare} .*Not set up.* Bare$`, 'm'));
    const shown = await bailiwick('tenant', 'show', bare);
    expect(shown.out).toMatch(/state .*Not set up.*Discord token.*\n {2}Discord {2}.*\n {2}process {2}/);
    const told = await bailiwick('tenant', 'show', bare, '--json');
    expect(JSON.parse(told.out)).toMatchObject({
      tenant: { id: bare, status: 'active' },
      state: { kind: 'not-set-up' },
      ready: false,
    });
    const unknown = await bailiwick('tenant', 'show', 'ten_01h2xcejqtf2nbrexx3vqjhp41', '--json');
    expect(unknown).toMatchObject({ code: 5, out: '' });
    expect(JSON.parse(unknown.error)).toMatchObject({ status: 404, code: expect.any(String) });
  });

  it('shows when the keys are rotated, and changes how often', async () => {
    const set = await bailiwick('keys', 'schedule', bare, '--days', '1');
    expect(set).toMatchObject({ code: 0, error: '' });
    expect(set.out).toMatch(/^Rotated every 1 day\nLast rotated: never\. Next due: \d{4}-\d\d-\d\d\./);
    expect(await bailiwick('keys', 'schedule', bare, '--days', '366')).toMatchObject({ code: 1, out: '' });
    expect(await bailiwick('keys', 'schedule', bare, '--days', 'often')).toMatchObject({ code: 2, out: '' });
    expect(JSON.parse((await bailiwick('keys', 'schedule', bare, '--json')).out)).toMatchObject({
      days: 1,
      rotatedAt: null,
    });
  });

  it("shows whether a key in the tenant's own Vault is used, and refuses half a setting", async () => {
    const shown = await bailiwick('keys', 'external', bare);
    expect(shown).toEqual({ code: 0, error: '', out: "✓ What is stored is encrypted with the platform's keys.\n" });
    const json = JSON.parse((await bailiwick('keys', 'external', bare, '--json')).out);
    expect(json).toMatchObject({ state: 'none', version: 0, key: null });
    const url = ['--url', 'https://vault.example.com'];
    expect(await bailiwick('keys', 'external', bare, ...url)).toMatchObject({ code: 2, out: '' });
    expect(await bailiwick('keys', 'external', bare, ...url, '--remove')).toMatchObject({ code: 2, out: '' });
    expect(await bailiwick('keys', 'external', bare, '--remove')).toMatchObject({ code: 5, out: '' });
  });

  it('rotates the keys of all tenants for an operator, and shows how far it is', async () => {
    expect(await bailiwick('keys', 'rotate')).toMatchObject({ code: 2, out: '' });
    expect(await bailiwick('keys', 'rotate', bare, '--all')).toMatchObject({ code: 2, out: '' });
    expect(await bailiwick('keys', 'rotate', '--all')).toMatchObject({ code: 4, out: '' });
    const { code, out, error } = await asOperator(() => bailiwick('keys', 'rotate', '--all'));
    expect({ code, error }).toEqual({ code: 0, error: '' });
    const lines = out.trim().split('\n');
    expect(lines.at(-2)).toMatch(/^([1-9]\d*) of \1 tenants done$/);
    expect(lines.at(-1)).toContain('The keys of all tenants were rotated.');
  });

  it('shows the keys of identities to an operator, and replaces them, but not twice at once', async () => {
    expect(await bailiwick('keys', 'identity')).toMatchObject({ code: 4, out: '' });
    expect(await bailiwick('keys', 'identity', '--rotate', 'authority')).toMatchObject({ code: 4, out: '' });
    expect(await bailiwick('keys', 'identity', '--rotate', 'everything')).toMatchObject({ code: 2, out: '' });
    const shown = await asOperator(() => bailiwick('keys', 'identity'));
    expect(shown.out).toMatch(/^issues certificates +token-service +[\w-]{8} {2}in use since \d/m);
    expect(shown.out).toMatch(/^signs grants +gateway-proxy to api +[\w-]{8} {2}in use since \d/m);
    expect(shown.out).not.toContain('takes over');
    const rotated = await asOperator(() => bailiwick('keys', 'identity', '--rotate', 'authority'));
    expect(rotated.out).toMatch(/^issues certificates +token-service +[\w-]{8} {2}takes over \d/m);
    const again = await asOperator(() => bailiwick('keys', 'identity', '--rotate', 'authority'));
    expect(again).toMatchObject({ code: 6, error: expect.stringContaining('The next key is published already') });
  });

  it('shows the state of the installation to an operator, and to nobody else', async () => {
    expect(await bailiwick('status', '--api')).toMatchObject({ code: 4, out: '' });
    const told = await asOperator(() => bailiwick('status', '--api', '--json'));
    const shown = await asOperator(() => bailiwick('status', '--api'));
    const report = JSON.parse(told.out) as { status: string; tenants: unknown[] };
    expect(told.code).toBe(report.status === 'healthy' ? 0 : 9);
    expect(report).toMatchObject({
      of: url(),
      tenants: expect.arrayContaining([expect.objectContaining({ id: bare })]),
    });
    expect(shown.out).toMatch(new RegExp(`^ {2}${bare} {2}Not set up`, 'm'));
  });

  it('gets, sets, patches, tries, compares, rolls back and copies a policy', async () => {
    const of = [bare, '700'] as const;
    expect((await bailiwick('policy', 'get', ...of)).out).toContain('# version 0: the default');
    const document =
      'rules:\n  - id: djs\n    effect: allow\n    who: { roles: ["7"] }\n    commands: [skip]\notherwise: deny\n';
    const written = await file('policy.yaml', document);
    expect(await bailiwick('policy', 'validate', ...of, written)).toMatchObject({ code: 0 });
    const differs = await bailiwick('policy', 'diff', ...of, written);
    expect(differs.out).toMatch(/\+ \/rules\/djs.*\n.*~ \/otherwise {2}"allow" → "deny"/);
    expect(await bailiwick('policy', 'set', ...of, written, '--expect', '0')).toMatchObject({ code: 0 });
    const stale = await bailiwick('policy', 'set', ...of, written, '--expect', '0');
    expect(stale).toMatchObject({ code: 6, error: expect.stringContaining('Somebody else saved version 1') });
    expect((await bailiwick('policy', 'validate', ...of, written)).out).toMatch(/valid policy\.\n.*not connected/);
    const elsewhere = await bailiwick('policy', 'set', acme.id, '123', written);
    expect(elsewhere).toMatchObject({ code: 5, out: '' });
    const patch = await file('patch.yaml', 'voteSkip: { share: 0.5 }\n');
    expect((await bailiwick('policy', 'patch', ...of, patch)).out).toContain('Version 2');

    const tried = await bailiwick('policy', 'test', ...of, '--role', '7');
    expect(tried.error).toBe('');
    expect(tried.out).toMatch(/✓.*\/skip +rule djs\n.*✗.*\/stop +no rule matches/);
    expect(tried.out).toContain('not connected');
    const other = await bailiwick('policy', 'test', ...of, '--json', '--role', '8');
    expect((JSON.parse(other.out) as { cells: unknown[] }).cells).toContainEqual({
      command: 'skip',
      allowed: true,
      rule: 'vote-skip',
      message: 'Counts as a vote to skip.',
      obligations: { voteShare: 0.5 },
    });
    expect((await bailiwick('policy', 'diff', ...of, '--from', '1', '--to', '2')).out).toContain('+ /voteSkip');
    const unseenYet = await bailiwick('policy', 'rollback', ...of, '1');
    expect(unseenYet).toMatchObject({ code: 6, error: expect.stringContaining('--expect') });
    expect((await bailiwick('policy', 'rollback', ...of, '1', '--force')).out).toContain('Version 3');
    expect((await bailiwick('policy', 'copy', bare, '700', '701')).out).toContain('Version 1');
    const got = await bailiwick('policy', 'get', bare, '701');
    expect(parse(got.out)).toEqual(parse(document));
    expect((await bailiwick('policy', 'history', ...of)).out.trim().split('\n')).toHaveLength(3);
    const faulty = await bailiwick('policy', 'set', ...of, await file('bad.yaml', document.replace('deny', 'maybe')));
    expect(faulty).toMatchObject({ code: 1, error: expect.stringContaining('/otherwise') });
    expect(await bailiwick('policy', 'test', ...of, '--permission', 'everything')).toMatchObject({ code: 2 });
  });

  it('explains a decision in plain words', async () => {
    const path = `/v1/tenants/${bare}/guilds/${guild}/policy`;
    const denied = await world.doors.public({ method: 'PUT', path, session: sessions.auditor, body: policy });
    const record = (await world.audit(bare)).find(({ requestId }) => requestId === denied.headers['x-request-id']);
    const explain = () => bailiwick('explain', bare, record?.decision ?? '');
    await eventually('the decision is sealed', async () => (await explain()).code === 0);
    const { out } = await explain();
    expect(out).toContain('policy.write for tenant-member discord:102');
    expect(out).toContain('- As owner of the tenant.');
    expect(await bailiwick('explain', bare, 'dec_01h2xcejqtf2nbrexx3vqjhp41')).toMatchObject({ code: 5 });
  });
});

describe('a decision', () => {
  it('is explained later, evaluated again under the policy of its time, with what would have allowed it', async () => {
    const of = `/v1/tenants/${acme.id}`;
    const at = `${of}/guilds/${acme.guild}/policy`;
    const djs = { id: 'djs', effect: 'allow', who: { roles: ['7'] }, commands: ['skip'], channels: [acme.text] };
    const body = { rules: [djs], otherwise: 'deny' };
    const save = (document: object) =>
      world.doors.public({ method: 'PUT', path: at, session: world.owner, body: document, headers: whatever });
    const { body: saved } = await save(body);
    const txnToken = await world.witnessed(acme, ['player.skip'], { command: 'skip', roles: [snowflake('5')] });
    const skip = {
      method: 'POST',
      path: `/audio/v1/tenants/${acme.id}/guilds/${acme.guild}/player/skip`,
      txnToken,
    } as const;
    let denied = await world.doors.call(acme.bot, skip);
    await eventually('the policy is in force', async () => {
      denied = await world.doors.call(acme.bot, skip);
      return denied.code === 'authorize.denied' && !('rule' in (denied.body as object));
    });
    const { decision } = denied.body as { decision: string };
    await save({ rules: [], otherwise: 'allow' });

    const explain = () => world.doors.public({ path: `${of}/decisions/${decision}`, session: world.owner });
    await eventually('the decision is sealed', async () => (await explain()).status === 200);
    const { version: policyVersion } = saved as { version: number };
    expect((await explain()).body).toMatchObject({
      decision,
      allowed: false,
      check: 'authorize',
      reason: 'authorize.denied',
      rule: null,
      facts: {
        action: 'player.skip',
        workload: { type: 'bot' },
        member: { type: 'discord-member' },
        guild: acme.guild,
        command: 'skip',
        roles: ['5'],
      },
      replay: { policyVersion, allowed: false, agrees: true },
      wouldAllow: [{ kind: 'role', id: '7' }, { kind: 'otherwise' }],
    });
    const stranger = await world.doors.public({ path: `${of}/decisions/${decision}`, session: sessions.stranger });
    expect(stranger).toMatchObject({ status: 404, code: 'tenant.unknown' });
    const elsewhere = await world.doors.public({
      path: `/v1/tenants/${bare}/decisions/${decision}`,
      session: sessions.auditor,
    });
    expect(elsewhere).toMatchObject({ status: 404, code: 'decision.unknown' });
  });

  it('about an API request names the roles that would be allowed', async () => {
    const path = `/v1/tenants/${bare}/guilds/${guild}/policy`;
    const denied = await world.doors.public({ method: 'PUT', path, session: sessions.viewer, body: policy });
    const record = (await world.audit(bare)).find(({ requestId }) => requestId === denied.headers['x-request-id']);
    const explain = () =>
      world.doors.public({ path: `/v1/tenants/${bare}/decisions/${record?.decision}`, session: sessions.auditor });
    await eventually('the decision is sealed', async () => (await explain()).status === 200);
    expect((await explain()).body).toMatchObject({
      allowed: false,
      facts: { action: 'policy.write', member: { type: 'tenant-member', id: 'discord:103' } },
      replay: null,
      wouldAllow: [{ role: 'owner' }, { role: 'admin' }, { role: 'operator' }],
    });
    for (const [id, session] of [
      ['dec_', sessions.auditor],
      [record?.decision, sessions.viewer],
      [record?.decision, undefined],
    ] as const) {
      const answer = await world.doors.public({
        path: `/v1/tenants/${bare}/decisions/${id}`,
        ...(session ? { session } : {}),
      });
      expect(answer.status).toBe(id === 'dec_' ? 400 : session ? 403 : 401);
    }
  });
});

describe('the life of a tenant', () => {
  it('is created by an operator, who owns it, and shown only to its members', async () => {
    const created = await world.doors.public({
      method: 'POST',
      path: '/v1/tenants',
      session: world.owner,
      body: { name: '  Übermut 🎶 ' },
    });
    expect(created).toMatchObject({ status: 201, body: { name: 'Übermut 🎶', status: 'created' } });
    const { id } = created.body as { id: TenantId };
    expect(await world.audit(id)).toMatchObject([
      {
        kind: 'lifecycle',
        action: 'tenant.create',
        outcome: 'succeeded',
        actor: { type: 'operator', id: 'operator:owner' },
      },
    ]);
    const listed = async (session: string) =>
      ((await world.doors.public({ path: '/v1/tenants', session })).body as { items: { id: string }[] }).items.map(
        (tenant) => tenant.id,
      );
    expect(await listed(world.owner)).toContain(id);
    expect(await listed(sessions.viewer)).toEqual([bare]);
    expect(await listed(await world.session('discord:999'))).toEqual([]);
  });

  it.each([
    [{ name: '' }, { at: '/name', code: 'under-limit' }],
    [{ name: 'x'.repeat(81) }, { at: '/name', code: 'over-limit' }],
    [{ name: 'a\u0000' }, { at: '/name', code: 'wrong-format' }],
    [{ name: 'a\nb' }, { at: '/name', code: 'wrong-format' }],
    [
      { name: 'a', id: 'x' },
      { at: '/id', code: 'unknown-field' },
    ],
    [{ name: null }, { at: '/name', code: 'wrong-type' }],
    [{ name: 5 }, { at: '/name', code: 'wrong-type' }],
    [{}, { at: '/name', code: 'missing' }],
  ])('is not begun with %j: %j', async (body, fault) => {
    const answer = await refused(() =>
      world.doors.public({ method: 'POST', path: '/v1/tenants', session: world.owner, body }),
    );
    expect(answer).toMatchObject({ status: 400, code: 'http.invalid', body: { faults: [fault] } });
  });

  it.each([
    [
      { guild: 80351110224678, voiceChannel: '5' },
      { at: '/guild', code: 'wrong-type' },
    ],
    [
      { guild: '5', voiceChannel: '05' },
      { at: '/voiceChannel', code: 'wrong-format' },
    ],
    [{ guild: '5', voiceChannel: '18446744073709551616' }, { at: '/voiceChannel' }],
  ])('takes ids as strings of digits alone: %j', async (body, fault) => {
    const path = `/v1/tenants/${bare}/onboarding/place`;
    const answer = await refused(() => world.doors.public({ method: 'PUT', path, session: sessions.owner, body }));
    expect(answer).toMatchObject({ status: 400, code: 'http.invalid', body: { faults: [fault] } });
  });

  it('can be created by any signed-in person, up to three times', async () => {
    const session = await world.session('discord:301');
    const begin = () => world.doors.public({ method: 'POST', path: '/v1/tenants', session, body: { name: 'Mine' } });
    // Concurrently, so that racing gains nothing.
    const answers = await Promise.all([begin(), begin(), begin(), begin(), begin()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409, 409]);
    expect(await refused(begin)).toMatchObject({ status: 409, code: 'tenant.too-many' });
    const me = await world.doors.public({ path: '/v1/me', session });
    expect(me.body).toMatchObject({ tenants: [{ role: 'owner' }, {}, {}], mayCreateTenants: false, operator: false });
    const answer = await refused(() =>
      world.doors.public({ method: 'POST', path: '/v1/tenants', body: { name: 'Mine' } }),
    );
    expect(answer).toMatchObject({ status: 401, code: 'session.required' });
  });

  it('continues with suspension and resumption, and ends with everything deleted but its log', async () => {
    const customer = await world.customer('Shortlived');
    const at = `/v1/tenants/${customer.id}`;
    const { owner: session } = world;
    const did = async (action: string) =>
      (await world.audit(customer.id))
        .filter((record) => record.action === action && record.actor.type === 'operator')
        .map(({ outcome }) => outcome);
    const connected = async () => {
      const { body } = await world.doors.public({ path: at, session });
      return (body as { session: { status: string } | null }).session?.status;
    };
    expect(await did('tenant.update')).toEqual(['succeeded']);

    const suspended = await world.doors.public({
      method: 'POST',
      path: `${at}/suspend`,
      session,
      body: { reason: 'unpaid' },
    });
    expect(suspended).toMatchObject({ status: 200, body: { status: 'suspended', reason: 'unpaid' } });
    await eventually('its session is closed', async () => (await connected()) === 'none');
    const again = await refused(() =>
      world.doors.public({ method: 'POST', path: `${at}/suspend`, session, body: { reason: 'unpaid' } }),
    );
    expect(again).toMatchObject({ status: 409, code: 'tenant.status' });

    const resumed = await world.doors.public({ method: 'POST', path: `${at}/resume`, session });
    expect(resumed).toMatchObject({ status: 200, body: { status: 'active', reason: null } });
    await eventually('its session is open', async () => (await connected()) === 'connected');
    expect([...(await did('tenant.suspend')), ...(await did('tenant.resume'))]).toEqual(['succeeded', 'succeeded']);

    expect(await world.doors.public({ method: 'DELETE', path: at, session })).toMatchObject({ status: 204 });
    expect(await world.doors.public({ path: at, session })).toMatchObject({ status: 404, code: 'tenant.unknown' });
    expect(await did('tenant.delete')).toEqual(['allowed', 'succeeded']);
    const { rows } = await world.admin.query('select 1 from application_credential where tenant_id = $1', [
      customer.id,
    ]);
    expect(rows).toEqual([]);
  });

  it('refuses a token that Discord does not know, and one of a bot that another tenant uses', async () => {
    const path = `/v1/tenants/${bare}/token`;
    const wrong = 'MTA4NzY1NDMyMTA5ODc2NTQzMg.GhIjKl.abcdefghijklmnopqrstuvwxyz0123456789ab';
    for (const [token, code] of [
      [wrong, 'credential.rejected'],
      [acme.discordToken, 'credential.used-by-another-tenant'],
    ] as const) {
      const answer = await refused(() =>
        world.doors.public({ method: 'PUT', path, session: sessions.owner, body: { token } }),
      );
      expect(answer.code, answer.text).toBe(code);
      expect(answer.text).not.toContain(token);
    }
  });
});

describe('a session', () => {
  it('is issued once for the one-time sign-in, and ends on request', async () => {
    const signIn = (oneTimeToken: unknown) =>
      world.doors.public({ method: 'POST', path: '/v1/sessions', body: { oneTimeToken } });
    for (const used of [world.parts.ownerSignIn, 'x'.repeat(32)]) {
      expect(await refused(() => signIn(used))).toMatchObject({ status: 401, code: 'session.sign-in-refused' });
    }
    expect(await refused(() => signIn(5))).toMatchObject({ status: 400, code: 'http.invalid' });
    const session = await world.session('discord:400');
    expect(await world.doors.public({ path: '/v1/me', session })).toMatchObject({
      status: 200,
      body: { subject: 'discord:400' },
    });
    expect(await world.doors.public({ method: 'DELETE', path: '/v1/sessions/current', session })).toMatchObject({
      status: 204,
    });
    expect(await world.doors.public({ path: '/v1/me', session })).toMatchObject({
      status: 401,
      code: 'session.required',
    });
    expect(await world.doors.public({ method: 'DELETE', path: '/v1/sessions/current', session })).toMatchObject({
      status: 401,
    });
  });

  it('is stored only as a hash', async () => {
    const { rows } = await world.admin.query<{ row: string }>('select s::text as row from api_session s');
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.some(({ row }) => row.includes(world.owner))).toBe(false);
  });
});

describe('methods', () => {
  it('are refused if a path does not have them, as are unknown paths', async () => {
    const answer = await refused(() =>
      world.doors.public({ method: 'PATCH', path: `/v1/tenants/${bare}/members`, session: sessions.owner }),
    );
    expect(answer).toMatchObject({ status: 405, code: 'http.method' });
    const nowhere = await refused(() => world.doors.public({ path: '/v1/tenantry', session: sessions.owner }));
    expect(nowhere).toMatchObject({ status: 404, code: 'http.not-found' });
  });
});
