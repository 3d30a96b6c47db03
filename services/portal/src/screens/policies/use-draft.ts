import { useEffect, useState } from 'react';
import type { GuildPolicy } from '../../api/types.ts';
import { useMe, useTenant } from '../../app/access.ts';
import { drafts } from '../../app/drafts.ts';
import type { CurrentPolicy } from './policy-queries.ts';
import { changes, type Names } from './words.ts';

/** An edited policy, and the version that it is based on. */
interface Edited {
  readonly base: CurrentPolicy;
  readonly draft: GuildPolicy;
}

export interface Draft extends Edited {
  readonly dirty: boolean;
  /** When the changes were kept, if they were restored after a reload or a sign-in. */
  readonly restoredAtMs: number | undefined;
  readonly change: (draft: GuildPolicy) => void;
  readonly discard: () => void;
  /** Call it after saving, with the new version. */
  readonly saved: (version: CurrentPolicy) => void;
  /** Moves the changes onto another version. */
  readonly onto: (version: CurrentPolicy, draft: GuildPolicy) => void;
}

/** The draft of a server's policy: kept in this tab until it is saved or discarded. */
export function useDraft(guild: string, current: CurrentPolicy, names: Names): Draft {
  const { tenant, can } = useTenant();
  const { subject } = useMe();
  const place = `${tenant}.${guild}`;
  const mayWrite = can('policy.write');
  const [restored, setRestored] = useState(() => (mayWrite ? restoredFrom(place, subject) : undefined));
  const [{ base, draft }, setEdited] = useState<Edited>(restored?.edited ?? { base: current, draft: current.policy });
  const dirty = changes(base.policy, draft, names).length > 0;
  useEffect(() => {
    // Follow what somebody else saved, unless the user has unsaved changes.
    if (dirty || current.version === base.version) return;
    setEdited({ base: current, draft: current.policy });
  }, [current, base.version, dirty]);
  useEffect(() => {
    if (dirty) drafts.keep(place, subject, { base, draft } satisfies Edited);
    else drafts.drop(place);
  }, [place, subject, base, draft, dirty]);
  const settle = (version: CurrentPolicy) => {
    setRestored(undefined);
    drafts.drop(place);
    setEdited({ base: version, draft: version.policy });
  };
  return {
    base,
    draft,
    dirty,
    restoredAtMs: dirty ? restored?.keptAtMs : undefined,
    change: (wanted) => setEdited({ base, draft: wanted }),
    discard: () => settle(base),
    saved: settle,
    onto: (version, wanted) => setEdited({ base: version, draft: wanted }),
  };
}

function restoredFrom(place: string, subject: string): { edited: Edited; keptAtMs: number } | undefined {
  const kept = drafts.read(place, subject);
  return kept && isEdited(kept.value) ? { edited: kept.value, keptAtMs: kept.keptAtMs } : undefined;
}

/** Checks only what the screen needs to render; the platform validates the rest, as with every draft. */
function isEdited(value: unknown): value is Edited {
  const { base, draft } = (value ?? {}) as Partial<Edited>;
  return typeof base?.etag === 'string' && isPolicy(base.policy) && isPolicy(draft);
}

const isPolicy = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && 'rules' in value && Array.isArray(value.rules);
