/** The groups of the reference, in its order: what somebody needs first comes first. */
export const groups: readonly { readonly name: string; readonly description: string }[] = [
  { name: 'Sessions', description: 'Sign in, sign out, and see who is signed in.' },
  { name: 'Tenants', description: 'A tenant is one customer with one bot: create it, suspend it, delete it.' },
  { name: 'Onboarding', description: 'From a Discord token to a bot that plays, checked step by step.' },
  { name: 'Members', description: 'Who may manage a tenant, with which role, and invitations for others.' },
  { name: 'API keys', description: 'Keys with which scripts use this API for one tenant.' },
  { name: 'Guilds', description: 'The Discord servers that the bot is in.' },
  { name: 'Players', description: 'What plays in a guild, its queue and its controls.' },
  { name: 'Policies', description: 'Per guild, which members may use which command: edit, test, roll back.' },
  {
    name: 'Audit',
    description: 'The tamper-evident log of a tenant: read it, follow it, export it, explain a decision.',
  },
  { name: 'Keys', description: 'Versions and ages of the encryption keys of a tenant.' },
  { name: 'Operators', description: 'For whoever runs the platform.' },
];
