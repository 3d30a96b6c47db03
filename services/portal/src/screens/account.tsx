import { Avatar, Button } from '@mantine/core';
import { Link } from 'wouter';
import { IconLogout } from '@tabler/icons-react';
import { api } from '../api/client.ts';
import { useMe } from '../app/access.ts';
import { useSignOut } from '../app/sign-out.ts';
import { roleNames } from '../app/words.ts';
import { Page, Section } from '../parts/page.tsx';

/** Who is signed in, where they belong, and the way out of every browser at once. */
export default function Account() {
  const me = useMe();
  const signOutEverywhere = useSignOut(() => api.DELETE('/v1/auth/sessions'));
  return (
    <Page title="Your account">
      <div className="card">
        <div className="row">
          <Avatar src={me.avatarUrl} name={me.name} alt="" radius="xl" size={48} color="iris" />
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
      <Section
        title="Signed in elsewhere?"
        text="This ends every session of yours, in every browser, this one included."
      >
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
