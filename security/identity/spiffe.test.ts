import { describe, expect, test } from 'vitest';
import { installationId, newTenantId } from '#infra/kernel/ids.ts';
import { bot, parseSpiffeId, sameWorkload, service, serviceNames, spiffeId } from './spiffe.ts';

const installation = installationId('test');
const tenant = newTenantId();

describe('SPIFFE ids', () => {
  test.each([...serviceNames.map(service), bot(tenant)])('%o is read back as it was written', (workload) => {
    const read = parseSpiffeId(spiffeId(installation, workload), installation);
    expect(read).toEqual(workload);
    expect(read && sameWorkload(read, workload)).toBe(true);
  });

  test.each([
    ['another trust domain', 'spiffe://other/svc/audio'],
    ['a trust domain that ours begins with', 'spiffe://tes/svc/audio'],
    ['a trust domain that begins with ours', 'spiffe://testing/svc/audio'],
    ['the trust domain alone', 'spiffe://test'],
    ['an empty path', 'spiffe://test/'],
    ['an unknown service', 'spiffe://test/svc/database'],
    ['lavalink, which is an audience and no workload', 'spiffe://test/svc/lavalink'],
    ['a member of every object as service', 'spiffe://test/svc/constructor'],
    ['another scheme', 'https://test/svc/audio'],
    ['another case of the scheme', 'SPIFFE://test/svc/audio'],
    ['another case of the trust domain', 'spiffe://TEST/svc/audio'],
    ['another case of the path', 'spiffe://test/svc/Audio'],
    ['a trailing slash', 'spiffe://test/svc/audio/'],
    ['a doubled slash', 'spiffe://test//svc/audio'],
    ['a dot segment', 'spiffe://test/svc/../svc/audio'],
    ['an encoded character', 'spiffe://test/svc/%61udio'],
    ['a query', 'spiffe://test/svc/audio?x'],
    ['a fragment', 'spiffe://test/svc/audio#x'],
    ['a port', 'spiffe://test:443/svc/audio'],
    ['user information', 'spiffe://a@test/svc/audio'],
    ['a space behind', 'spiffe://test/svc/audio '],
    ['a zero byte behind', 'spiffe://test/svc/audio\0'],
    ['a further segment', 'spiffe://test/svc/audio/bot'],
    ['a tenant without a bot', `spiffe://test/tenant/${tenant}`],
    ['a tenant with something else', `spiffe://test/tenant/${tenant}/api`],
    ['a tenant id in upper case', `spiffe://test/tenant/${tenant.toUpperCase()}/bot`],
    ['no tenant id', 'spiffe://test/tenant//bot'],
    ['an endless path', `spiffe://test/svc/audio${'/x'.repeat(10_000)}`],
  ])('refuses %s', (_what, text) => {
    expect(parseSpiffeId(text, installation)).toBeUndefined();
  });

  test('tells the bots of two tenants apart', () => {
    expect(sameWorkload(bot(tenant), bot(newTenantId()))).toBe(false);
    expect(sameWorkload(bot(tenant), service('audio'))).toBe(false);
    expect(sameWorkload(service('api'), service('audio'))).toBe(false);
  });
});
