import { Button } from '@mantine/core';
import { Link } from 'wouter';
import { IconLogout } from '@tabler/icons-react';
import { api } from '../api/client.ts';
import { useMe } from '../app/access.ts';
import { useSignOut } from '../app/sign-out.ts';
import { roleNames } from '../app/words.ts';
import { Page, Section } from '../parts/page.tsx';
import { PersonAvatar } from '../parts/person-avatar.tsx';

/** Who is signed in, their bots, and signing out everywhere. */
export default function Account() {
  const me = useMe();
  const signOutEverywhere = useSignOut(() => api.DELETE('/v1/auth/sessions'));
  return (
    <Page title="Your account">
      <div className="card">
        <div className="row">
          <PersonAvatar url={me.avatarUrl} name={me.name} size={48} />
          <span className="row-words">
            <bdi className="row-title">{me.name}</bdi>
            <span className="row-text mono">{me.subject}</span>
          </span>
        </div>
      </div>
      {me.tenants.length > 0 && (
        <Section title="Your bots">
          <div className="card rows">
            {me.tenants.map(({ id, name, role }) => (
              <Link key={id} href={`/t/${id}`} className="row">
                <span className="row-words">
                  <bdi className="row-title">{name}</bdi>
                </span>
                <span className="tag">{roleNames[role]}</span>
              </Link>
            ))}
          </div>
        </Section>
      )}
      <Section title="Sessions" text="Ends all of your sessions in every browser, including this one.">
        <Button
          variant="default"
          onClick={() => void signOutEverywhere()}
          leftSection={<IconLogout size={18} aria-hidden />}
        >
          Sign out everywhere
        </Button>
      </Section>
    </Page>
  );
}
