import type { CredentialEvent, CredentialState, Refusal } from './credential-events.ts';

/** What a command or a report leads to: an event, or undefined if it changes nothing. No credential: null. */
type Decision = CredentialEvent | undefined;

export const store = (
  credential: CredentialState | null,
  stored: Pick<CredentialState, 'applicationId' | 'botUserId'> & { readonly keyVersion: number },
): CredentialEvent => ({ type: credential ? 'CredentialReplaced' : 'CredentialStored', data: stored });

export const remove = (credential: CredentialState | null): Decision =>
  credential ? { type: 'CredentialRemoved', data: {} } : undefined;

/** Discord has let the bot connect with it. */
export const accept = (credential: CredentialState | null): Decision =>
  credential && credential.status !== 'accepted' ? { type: 'CredentialAccepted', data: {} } : undefined;

/** Discord does not let the bot connect with it any more. */
export function refuse(credential: CredentialState | null, reason: Refusal): Decision {
  if (!credential || (credential.status === 'refused' && credential.refusal === reason)) return undefined;
  return { type: 'CredentialRefused', data: { applicationId: credential.applicationId, reason } };
}

/** The tenant's key in discord-edge was rotated to this version. */
export const reseal = (credential: CredentialState | null, keyVersion: number): Decision =>
  credential && credential.keyVersion !== keyVersion ? { type: 'CredentialResealed', data: { keyVersion } } : undefined;

/** The credential after an event. Events only tell what has happened, so none is refused. */
export function evolve(credential: CredentialState | null, event: CredentialEvent): CredentialState | null {
  switch (event.type) {
    case 'CredentialFound':
      return event.data.state;
    case 'CredentialStored':
    case 'CredentialReplaced':
      return { ...event.data, status: 'stored', refusal: null };
    case 'CredentialAccepted':
      return credential && { ...credential, status: 'accepted', refusal: null };
    case 'CredentialRefused':
      return credential && { ...credential, status: 'refused', refusal: event.data.reason };
    case 'CredentialResealed':
      return credential && { ...credential, ...event.data };
    case 'CredentialRemoved':
      return null;
    default:
      return event satisfies never;
  }
}
