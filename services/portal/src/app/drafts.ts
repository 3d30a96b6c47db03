/**
 * Unsaved changes, kept in this tab so that they survive a reload or the end of the session. A draft is returned only
 * to the person who made it, and dropped when they sign out or after a day.
 */
const prefix = 'bailiwick.draft.';
/** Beyond this number, the oldest draft in the tab is dropped. */
export const maxDrafts = 10;
/** Twice the API's limit for a policy document: a draft is kept together with the version that it is based on. */
export const maxDraftCharacters = 256 * 1024;
const maxAgeMs = 24 * 60 * 60_000;

interface KeptDraft {
  readonly subject: string;
  readonly keptAtMs: number;
  readonly value: unknown;
}

export interface Drafts {
  /** @returns whether it was kept: the browser may deny storage, and a draft may be too large */
  keep(place: string, subject: string, value: unknown): boolean;
  /** This person's draft there. Another person's is dropped. */
  read(place: string, subject: string): KeptDraft | undefined;
  drop(place: string): void;
  dropAll(): void;
  /** Whether anything is kept at all. */
  readonly any: boolean;
}

type Storage = Pick<globalThis.Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

/** `storage` is called on each access, because the browser may deny it. */
export function createDrafts(storage: () => Storage, now: () => number = Date.now): Drafts {
  const attempt = <Value>(run: (kept: Storage) => Value, otherwise: Value): Value => {
    try {
      return run(storage());
    } catch {
      return otherwise;
    }
  };
  const names = (kept: Storage): string[] =>
    Array.from({ length: kept.length }, (_, index) => kept.key(index) ?? '').filter((name) => name.startsWith(prefix));
  const valid = (kept: Storage, name: string): KeptDraft | undefined => {
    const draft = parsed(kept.getItem(name));
    if (draft && now() - draft.keptAtMs <= maxAgeMs) return draft;
    kept.removeItem(name);
    return undefined;
  };
  const dropOldest = (kept: Storage, name: string): void => {
    const others = names(kept)
      .filter((each) => each !== name)
      .map((each) => ({ name: each, keptAtMs: valid(kept, each)?.keptAtMs ?? 0 }))
      .toSorted((a, b) => b.keptAtMs - a.keptAtMs);
    for (const { name: surplus } of others.slice(maxDrafts - 1)) kept.removeItem(surplus);
  };
  return {
    keep: (place, subject, value) =>
      attempt((kept) => {
        const text = JSON.stringify({ subject, keptAtMs: now(), value } satisfies KeptDraft);
        if (text.length > maxDraftCharacters) {
          kept.removeItem(prefix + place);
          return false;
        }
        dropOldest(kept, prefix + place);
        kept.setItem(prefix + place, text);
        return true;
      }, false),
    read: (place, subject) =>
      attempt((kept) => {
        const draft = valid(kept, prefix + place);
        if (draft === undefined || draft.subject === subject) return draft;
        kept.removeItem(prefix + place);
        return undefined;
      }, undefined),
    drop: (place) => attempt((kept) => kept.removeItem(prefix + place), undefined),
    dropAll: () =>
      attempt((kept) => {
        for (const name of names(kept)) kept.removeItem(name);
      }, undefined),
    get any() {
      return attempt((kept) => names(kept).some((name) => valid(kept, name) !== undefined), false);
    },
  };
}

function parsed(text: string | null): KeptDraft | undefined {
  if (text === null) return undefined;
  try {
    const read = JSON.parse(text) as Partial<KeptDraft> | null;
    const isDraft = typeof read?.subject === 'string' && typeof read.keptAtMs === 'number' && 'value' in read;
    return isDraft ? (read as KeptDraft) : undefined;
  } catch {
    return undefined;
  }
}

export const drafts = createDrafts(() => sessionStorage);
