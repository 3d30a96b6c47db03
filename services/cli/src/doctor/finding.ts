/** What the doctor saw of one thing. */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly about: string;
  /**
   * ok: as it should be; warning: it works, and may not for long or not as well; fault: it does not work, or is not
   * safe.
   */
  readonly status: 'ok' | 'warning' | 'fault';
  readonly says: string;
  /** What to do about it. */
  readonly mend?: string;
}

export const ok = (about: string, says: string): Finding => ({ about, status: 'ok', says });
export const warning = (about: string, says: string, mend: string): Finding => ({
  about,
  status: 'warning',
  says,
  mend,
});
export const fault = (about: string, says: string, mend: string): Finding => ({ about, status: 'fault', says, mend });
