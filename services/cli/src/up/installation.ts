/** Name of every installation that runs against the sandbox; a live one is named after its public host. */
export const sandboxInstallation = 'bailiwick.local';
