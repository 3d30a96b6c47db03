/** Name of every installation that runs against the sandbox; that of a live one is its public host. */
export const sandboxInstallation = 'bailiwick.local';
