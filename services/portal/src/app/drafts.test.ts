import { beforeEach, expect, test } from 'vitest';
import { createDrafts, maxDraftCharacters, maxDrafts, type Drafts } from './drafts.ts';

let kept: Map<string, string>;
let nowMs: number;
let drafts: Drafts;
const storage = {
  getItem: (name: string) => kept.get(name) ?? null,
  setItem: (name: string, text: string) => void kept.set(name, text),
  removeItem: (name: string) => void kept.delete(name),
  key: (index: number) => [...kept.keys()][index] ?? null,
  get length() {
    return kept.size;
  },
};

beforeEach(() => {
  kept = new Map([['something else', 'of the portal']]);
  nowMs = 1_000_000;
  drafts = createDrafts(
    () => storage,
    () => nowMs,
  );
});

test('a draft comes back to whoever made it, where they made it', () => {
  expect(drafts.keep('ten_a.1', 'discord:1', { otherwise: 'deny' })).toBe(true);
  expect(drafts.read('ten_a.1', 'discord:1')).toEqual({
    subject: 'discord:1',
    keptAtMs: nowMs,
    value: { otherwise: 'deny' },
  });
  expect(drafts.read('ten_a.2', 'discord:1')).toBeUndefined();
  expect(drafts.any).toBe(true);
});

test('a draft is nothing for another person, and is gone then', () => {
  drafts.keep('ten_a.1', 'discord:1', {});
  expect(drafts.read('ten_a.1', 'discord:2')).toBeUndefined();
  expect(drafts.read('ten_a.1', 'discord:1')).toBeUndefined();
});

test('signing out drops every draft and nothing else', () => {
  drafts.keep('ten_a.1', 'discord:1', {});
  drafts.keep('ten_b.1', 'discord:1', {});
  drafts.dropAll();
  expect([...kept.keys()]).toEqual(['something else']);
  expect(drafts.any).toBe(false);
});

test('at most so many are kept: the oldest go', () => {
  for (let number = 0; number < maxDrafts + 3; number += 1) {
    nowMs += 1;
    drafts.keep(`ten_a.${number}`, 'discord:1', number);
  }
  expect(drafts.read('ten_a.2', 'discord:1')).toBeUndefined();
  expect(drafts.read('ten_a.3', 'discord:1')?.value).toBe(3);
  expect(kept.size).toBe(maxDrafts + 1);
});

test('one that is too large is not kept, nor is what it took the place of', () => {
  drafts.keep('ten_a.1', 'discord:1', 'small');
  expect(drafts.keep('ten_a.1', 'discord:1', 'x'.repeat(maxDraftCharacters))).toBe(false);
  expect(drafts.any).toBe(false);
});

test('one of yesterday is forgotten, and so is what is no draft', () => {
  drafts.keep('ten_a.1', 'discord:1', {});
  nowMs += 24 * 60 * 60_000 + 1;
  expect(drafts.read('ten_a.1', 'discord:1')).toBeUndefined();
  kept.set('bailiwick.draft.ten_a.2', '{"subject":5}');
  kept.set('bailiwick.draft.ten_a.3', 'null');
  kept.set('bailiwick.draft.ten_a.4', '{');
  expect(drafts.any).toBe(false);
});

test('a browser that keeps nothing is lived with', () => {
  const none = createDrafts(() => {
    throw new Error('denied');
  });
  expect(none.keep('ten_a.1', 'discord:1', {})).toBe(false);
  expect(none.read('ten_a.1', 'discord:1')).toBeUndefined();
  none.dropAll();
  expect(none.any).toBe(false);
});
