import { useEffect, useRef } from 'react';
import type { RouterOptions } from 'wouter';

/** Asks whether to leave; whoever wants to then calls `go`. */
type Ask = (go: () => void) => void;

/** Of the page that has something to lose. */
let ask: Ask | undefined;

/** For the router: every link and every button that leads elsewhere comes by here. */
export const aroundNav: NonNullable<RouterOptions['aroundNav']> = (navigate, to, options) =>
  beforeLeaving(() => navigate(to, isStep(history.state) ? { ...options, replace: true } : options));

/** Does it at once where nothing is lost by it, and after asking where something is. */
export function beforeLeaving(go: () => void): void {
  if (ask) ask(go);
  else go();
}

/**
 * Back is not announced to a page: it has happened when it is heard of. While there is something to lose, one more step
 * of the same address stands in the history, so that Back stays on the page and can be asked about.
 */
const step = { bailiwick: 'unsaved' } as const;
const isStep = (state: unknown): boolean =>
  typeof state === 'object' && state !== null && 'bailiwick' in state && state.bailiwick === step.bailiwick;

/** While `active`: links, Back and closing the tab ask first. `leave` ends it at once, before `go`. */
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
      // Two steps: the one of the same address, and the one that was meant.
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

/** Whoever leaves takes the step away by going; whoever saved has it taken away. */
let leaving = false;
function leave(): void {
  ask = undefined;
  leaving = true;
}
