import { Button, NativeSelect } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { api } from '../../api/client.ts';
import { everyMemberQuery } from '../../api/queries.ts';
import { useMe, useTenant } from '../../app/access.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { isolated } from '../../parts/names.ts';
import { Section } from '../../parts/page.tsx';
import { done, failed } from '../../parts/toast.ts';

/** Transfers the bot to another member; for owners. */
export function Ownership() {
  const { tenant, name, role } = useTenant();
  const me = useMe();
  const client = useQueryClient();
  const [asking, { open, close }] = useDisclosure(false);
  const { data } = useQuery(everyMemberQuery(tenant));
  const others = data?.filter(({ subject }) => subject !== me.subject) ?? [];
  const [chosen, setChosen] = useState('');
  const subject = chosen || (others[0]?.subject ?? '');
  const heir = isolated(others.find((member) => member.subject === subject)?.name ?? subject);
  const handOver = useMutation({
    mutationFn: () => api.POST('/v1/tenants/{tenant}/ownership', { params: { path: { tenant } }, body: { subject } }),
    onSuccess: async () => {
      close();
      done(`${heir} now owns ${isolated(name)}, and you are an admin`);
      await client.invalidateQueries();
    },
    onError: failed,
  });
  if (role !== 'owner') return null;
  return (
    <Section title="Ownership" text="Hand the bot over to another member. You become an admin.">
      <div className="card pad ownership">
        {data && others.length === 0 ? (
          <p className="note-line">
            There is no other member yet.{' '}
            <Link href={`/t/${tenant}/members`} className="text-link">
              Invite someone first
            </Link>
          </p>
        ) : (
          <div className="inline-form">
            <NativeSelect
              label="New owner"
              value={subject}
              disabled={!data}
              onChange={(event) => setChosen(event.currentTarget.value)}
              data={others.map((member) => ({ value: member.subject, label: isolated(member.name) }))}
            />
            <Button variant="default" disabled={!data} onClick={open}>
              Hand over
            </Button>
          </div>
        )}
      </div>
      <Confirm
        opened={asking}
        close={close}
        title={`Hand over ${isolated(name)}?`}
        text={`${heir} will own it. Only they can give it back.`}
        action="Hand over"
        run={() => handOver.mutate()}
        running={handOver.isPending}
      />
    </Section>
  );
}
