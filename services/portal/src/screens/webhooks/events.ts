/** What can be sent, as people choose it. */
export const eventChoices = [
  { value: 'track.started', label: 'Track started', text: 'A track has started in a server' },
  { value: 'queue.ended', label: 'Queue ended', text: 'The queue of a server has ended' },
  { value: 'policy.changed', label: 'Policy changed', text: "A server's policy has a new version" },
  { value: 'key.rotated', label: 'Key rotated', text: 'A key of this bot has been replaced' },
  { value: 'bot.unwell', label: 'Bot unwell', text: 'The bot is not running as it should' },
  { value: 'tenant.suspended', label: 'Suspended', text: 'The bot was suspended and stops' },
  {
    value: 'credential.refused',
    label: 'Token refused',
    text: 'Discord does not accept the token of this bot any more',
  },
  { value: 'usage.reported', label: 'Usage', text: 'What was used on a day' },
] as const;

export type EventChoice = (typeof eventChoices)[number]['value'];

/** Also of what an endpoint was sent as a test, or by a newer release. */
export const eventName = (type: string): string =>
  type === 'webhook.test' ? 'Test' : (eventChoices.find(({ value }) => value === type)?.label ?? type);
