import type { DenialCode } from '#infra/http/denial-codes.ts';
import { BailiwickError } from '#infra/kernel/errors.ts';
import type { CheckId } from './checks.ts';
import type { Check } from './document.ts';

/** A check failed; the pass ends with it. */
export class CheckFailed extends Error {
  readonly id: CheckId;
  readonly check: Omit<Check, 'state'> & { readonly code: string };

  constructor(id: CheckId, check: Omit<Check, 'state'> & { readonly code: string }) {
    super(check.code);
    this.name = 'CheckFailed';
    this.id = id;
    this.check = check;
  }
}

/** Somebody has begun another pass, or the tenant is gone: nothing more is done or reported in this one. */
export class Superseded extends Error {
  override readonly name = 'Superseded';
}

/**
 * The check that a fault belongs to, with its reason and how to fix it: the first sentence of a message is the reason,
 * the rest the fix.
 */
export function failed(id: CheckId, error: unknown): CheckFailed {
  if (error instanceof CheckFailed) return error;
  if (!(error instanceof BailiwickError)) {
    const detail = 'An unexpected error occurred on the platform.';
    return new CheckFailed(id, {
      code: 'onboarding.fault',
      detail,
      fix: 'Try again. If it keeps failing, contact the operator.',
    });
  }
  if (error.code === ('authorize.denied' satisfies DenialCode)) {
    const detail = 'The sound check runs with your permissions, and your role in this tenant does not allow it.';
    return new CheckFailed(id, { code: error.code, detail, fix: 'Ask an owner or admin of the tenant to run it.' });
  }
  const [, detail = error.message, fix = 'Try again in a moment.'] = /^(.*?[.:]) ([A-Z].*)$/s.exec(error.message) ?? [];
  return new CheckFailed(id, { code: error.code, detail, fix });
}

/** A part of the platform is unavailable, which says nothing about the bot. */
export const isPassing = (error: unknown): boolean => error instanceof BailiwickError && error.status >= 500;
