/** The result of one of the doctor's checks. */
export interface Finding {
  /** What was checked, in a word or two. */
  readonly about: string;
  /** ok: as it should be; warning: works, but perhaps not well or not for long; fault: does not work, or is unsafe. */
  readonly status: 'ok' | 'warning' | 'fault';
  readonly says: string;
  /** How to fix it. */
  readonly fix?: string;
}

export const ok = (about: string, says: string): Finding => ({ about, status: 'ok', says });
export const warning = (about: string, says: string, fix: string): Finding => ({
  about,
  status: 'warning',
  says,
  fix,
});
export const fault = (about: string, says: string, fix: string): Finding => ({ about, status: 'fault', says, fix });
