import { expect, test } from 'vitest';
import { inviteUrl } from '#tenants/application-check/invite-url.ts';
import type { Snowflake } from '#infra/kernel/ids.ts';
import { musicBotPermissions } from './permissions.ts';

test('grants an installed bot exactly the permissions in the invite link of Bailiwick', () => {
  const url = new URL(inviteUrl('http://127.0.0.1/api', '1' as Snowflake));
  expect(musicBotPermissions.toString()).toBe(url.searchParams.get('permissions'));
});
