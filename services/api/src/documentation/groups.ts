/** The groups of the reference, in order: what people need first comes first. */
export const groups: readonly { readonly name: string; readonly description: string }[] = [
  { name: 'Sessions', description: 'Sign in, sign out, and see who is signed in.' },
  { name: 'Tenants', description: 'A tenant is one customer with one bot. Create, suspend and delete tenants.' },
  { name: 'Deletions', description: 'Certificates that a tenant was deleted, signed and verifiable offline.' },
  {
    name: 'Onboarding',
    description: 'Set up a bot from its Discord token to the first track, with a check at each step.',
  },
  { name: 'Members', description: 'Manage the people of a tenant, their roles, and invitations.' },
  { name: 'API keys', description: 'Manage the keys that let scripts use this API for one tenant.' },
  {
    name: 'Webhooks',
    description: 'Have events sent to your own server, test that, and see and replay what was sent.',
  },
  { name: 'Guilds', description: 'The Discord servers (guilds) that the bot is in.' },
  { name: 'Features', description: 'Switch what members may use on and off, for the tenant or for one guild.' },
  { name: 'Players', description: 'Playback, queue and voice connection of the bot in a guild.' },
  { name: 'Statistics', description: 'What was played, when, by whom, and what failed, for charts and spreadsheets.' },
  {
    name: 'Policies',
    description: 'Control which members of a guild may use which commands. Edit, test and roll back policies.',
  },
  {
    name: 'Audit',
    description: 'The tamper-evident log of a tenant. Read, follow and export it, and explain decisions.',
  },
  { name: 'Keys', description: "Versions and ages of a tenant's encryption keys." },
  { name: 'Operators', description: 'Operations for the people who run the platform.' },
];
