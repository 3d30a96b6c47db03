import type { TenantId } from '#infra/kernel/ids.ts';
import type { Logger } from '#infra/logger/logger.ts';
import { viewOf, type DeveloperPortal, type OnboardingView } from './document.ts';
import type { OnboardingStore } from './onboarding-store.ts';

/** Those who follow onboardings, such as pages that are open. */
export interface OnboardingFollowers {
  /** Reports the current state, then each change; the returned function stops it. */
  follow(tenant: TenantId, listener: (view: OnboardingView) => void): () => void;
  /** Reads what is stored, and reports it. */
  tell(tenant: TenantId): void;
  /** The same for each tenant that is followed. */
  tellAll(): void;
}

interface Following {
  readonly listeners: Set<(view: OnboardingView) => void>;
  /** The version that was last reported to them. */
  version: number;
}

export function createFollowers(
  { developerPortal, logger }: { readonly developerPortal: DeveloperPortal; readonly logger: Logger },
  store: OnboardingStore,
): OnboardingFollowers {
  const followed = new Map<TenantId, Following>();
  const report = async (tenant: TenantId): Promise<void> => {
    const stored = await store.read(tenant);
    const following = followed.get(tenant);
    const version = stored?.version ?? 0;
    // Two reads may overtake each other; anything older than what was reported is not reported.
    if (!following || version < following.version) return;
    following.version = version;
    const view = viewOf(stored?.document, developerPortal);
    for (const listener of following.listeners) listener(view);
  };
  const tell = (tenant: TenantId): void =>
    void report(tenant).catch((error: unknown) => logger.warn({ err: error, tenant }, 'could not read an onboarding'));
  return {
    follow(tenant, listener) {
      const following = followed.get(tenant) ?? { listeners: new Set(), version: 0 };
      followed.set(tenant, following);
      following.listeners.add(listener);
      tell(tenant);
      return () => {
        following.listeners.delete(listener);
        if (following.listeners.size === 0 && followed.get(tenant) === following) followed.delete(tenant);
      };
    },
    tell,
    tellAll: () => [...followed.keys()].forEach((tenant) => tell(tenant)),
  };
}
