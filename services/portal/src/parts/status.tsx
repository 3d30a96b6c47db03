import type { ReactNode } from 'react';

export type Tone = 'good' | 'bad' | 'warn' | 'accent' | 'quiet';

/** A state as text; the colour only repeats it. */
export const Status = ({ tone, children }: { tone: Tone; children: ReactNode }) => (
  <span className={`status status-${tone}`}>
    <span className="status-dot" aria-hidden />
    {children}
  </span>
);
