import { useEffect, useRef } from 'react';
import type { RouterOptions } from 'wouter';

/** Asks whether to leave; on confirmation, it calls `go`. */
type Ask = (go: () => void) => void;

/** Set by the page that has unsaved changes. */
let ask: Ask | undefined;

/** For the router: every link and button that navigates passes through here. */
export const aroundNav: NonNullable<RouterOptions['aroundNav']> = (navigate, to, options) =>
  beforeLeaving(() => navigate(to, isStep(history.state) ? { ...options, replace: true } : options));

/** Calls `go` at once, or after asking if there are unsaved changes. */
export function beforeLeaving(go: () => void): void {
  if (ask) ask(go);
  else go();
}

/**
 * A page learns of Back only after it has happened. While there are unsaved changes, the history therefore holds an
 * extra entry with the same URL, so that Back stays on the page and the page can ask.
 */
const step = { bailiwick: 'unsaved' } as const;
const isStep = (state: unknown): boolean =>
  typeof state === 'object' && state !== null && 'bailiwick' in state && state.bailiwick === step.bailiwick;

/** While `active`, links, Back and closing the tab ask first. Call `leave` before `go`: it ends that at once. */
export function useLeaving(active: boolean, wanted: Ask): { leave: () => void } {
  const current = useRef(wanted);
  current.current = wanted;
  useEffect(() => {
    if (!active) return undefined;
    const here = location.href;
    const stay = () => {
      if (!isStep(history.state)) history.pushState(step, '', here);
    };
    const back = () => {
      if (!ask || location.href !== here || isStep(history.state)) return;
      stay();
      // Two steps: the extra entry, and the one that the user wanted.
      current.current(() => history.go(-2));
    };
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    ask = (go) => current.current(go);
    stay();
    addEventListener('popstate', back);
    addEventListener('beforeunload', warn);
    return () => {
      ask = undefined;
      removeEventListener('popstate', back);
      removeEventListener('beforeunload', warn);
      if (isStep(history.state) && location.href === here && !leaving) history.back();
      leaving = false;
    };
  }, [active]);
  return { leave };
}

/** True if navigation itself removes the extra entry; after saving, the hook removes it. */
let leaving = false;
function leave(): void {
  ask = undefined;
  leaving = true;
}
