/** What the command line exits with, and what each means. `bailiwick --help` and the README show these. */
export const exitCodes = {
  done: 0,
  /** Refused, not there, or not true: a verification that fails, a process that is not well, a finding of the doctor. */
  refused: 1,
  /** An option or argument that there is not. */
  usage: 2,
  /** The platform cannot be reached or is at fault. */
  platform: 3,
} as const;

export const exitCodesHelp = `
Exit codes:
  0  done, and all is well
  1  refused, not found, or not true (a verification, status or doctor that found a fault)
  2  used wrongly: the command line says how
  3  the platform cannot be reached, or is at fault
  128 + n  \`up\` was interrupted by signal n before it was ready`;
