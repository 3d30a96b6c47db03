import { useQuery } from '@tanstack/react-query';
import { IconLock } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { Action } from '#security/identity/actions.ts';
import { everyMemberQuery } from '../api/queries.ts';
import { rolesFor, useTenant } from '../app/access.ts';
import { giversInWords, roleNames, rolesInWords } from '../app/words.ts';
import { Page } from './page.tsx';
import { EmptyState } from './states.tsx';

/** The user's role, the role that an action needs, and who can change it. `to`: 'rename this bot'. */
function useRoleSentence(action: Action, to: string): string {
  const { tenant, role, can } = useTenant();
  const { data } = useQuery({ ...everyMemberQuery(tenant), enabled: can('member.read') });
  const needed = rolesInWords(rolesFor(action));
  if (role === 'operator') return `To ${to}, you need to be ${needed} of this bot. Operators are not.`;
  const owners = data?.filter((member) => member.role === 'owner').map(({ name }) => name) ?? [];
  const giver = giversInWords(owners);
  return `You are ${rolesInWords([role])}. To ${to}, you need to be ${needed}: ask ${giver} to change your role.`;
}

/** Explains to people without permission why something is missing. Renders nothing for the others. */
export function RoleNeeded({ action, to }: { action: Action; to: string }) {
  const { can } = useTenant();
  const sentence = useRoleSentence(action, to);
  if (can(action)) return null;
  return (
    <p className="note-line role-needed">
      <IconLock size={16} aria-hidden /> <span>{sentence}</span>
    </p>
  );
}

/** A whole screen that the user's role may not include: it then sends no requests that would be refused. */
export function OnlyFor(props: { action: Action; title: string; to: string; children: ReactNode }) {
  const { can, role } = useTenant();
  const sentence = useRoleSentence(props.action, props.to);
  if (can(props.action)) return props.children;
  return (
    <Page title={props.title}>
      <div className="card">
        <EmptyState icon={<IconLock />} title={`Not available to ${roleNames[role].toLowerCase()}s`} text={sentence} />
      </div>
    </Page>
  );
}
