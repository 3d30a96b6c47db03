import { describe, expect, it } from 'vitest';
import { findingsOf } from './findings.ts';

describe('findingsOf', () => {
  it('finds nothing in an application that works', () => {
    expect(findingsOf({ id: '1', interactions_endpoint_url: null, bot_require_code_grant: false })).toEqual([]);
    expect(findingsOf({ id: '1', interactions_endpoint_url: '' })).toEqual([]);
  });

  it('names an interactions endpoint, and how to remove it', () => {
    const [finding] = findingsOf({ id: '1', interactions_endpoint_url: 'https://elsewhere.example' }) ?? [];
    expect(finding).toMatchObject({ code: 'interactions-endpoint-set', affects: 'commands' });
    expect(finding?.sentence).toMatch(/Remove it on the General Information page/);
    expect(finding?.sentence).not.toContain('elsewhere.example');
  });

  it('names an invitation that Discord refuses', () => {
    expect(findingsOf({ id: '1', bot_require_code_grant: true })).toMatchObject([{ affects: 'invitation' }]);
  });

  it.each([undefined, null, 'x', {}, { id: 1 }])('knows nothing from %j', (answer) => {
    expect(findingsOf(answer)).toBeUndefined();
  });
});
