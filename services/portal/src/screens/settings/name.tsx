import { Button, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, valueOf } from '../../api/client.ts';
import { hasCode, sentenceOf } from '../../api/problem.ts';
import { tenantQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/access.ts';
import { Section } from '../../parts/page.tsx';
import { done } from '../../parts/toast.ts';
import { isolated } from '../../parts/names.ts';

/** The team's name for the bot. Renaming replaces only the name that the user sees, never a newer one. */
export function Name({ name }: { name: string }) {
  const { tenant } = useTenant();
  const client = useQueryClient();
  const { queryKey } = tenantQuery(tenant);
  const [seen] = useState(() => client.getQueryData(queryKey)?.tenant.version);
  const [wanted, setWanted] = useState(name);
  const rename = useMutation({
    mutationFn: () => {
      // The version also changes with what the bot does; a newer one is fine if the name is still the same.
      const newest = client.getQueryData(queryKey)?.tenant;
      const version = newest?.name === name ? newest.version : seen;
      return valueOf(
        api.PATCH('/v1/tenants/{tenant}', {
          params: { path: { tenant }, header: { 'if-match': `"${version}"` } },
          body: { name: wanted.trim() },
        }),
      );
    },
    onSuccess: async (renamed) => {
      done(`The new name is ${isolated(renamed.name)}`);
      client.setQueryData(queryKey, (before) => before && { ...before, tenant: renamed });
      await client.invalidateQueries({ queryKey: ['me'] });
    },
    onError: (error) => {
      if (hasCode(error, 'tenant.conflict')) void client.invalidateQueries({ queryKey });
    },
  });
  return (
    <Section title="Name" text="Only your team sees it. In Discord, your bot keeps its own name.">
      <form
        className="card pad inline-form"
        onSubmit={(event) => {
          event.preventDefault();
          rename.mutate();
        }}
      >
        <TextInput
          label="Name"
          value={wanted}
          onChange={(event) => setWanted(event.currentTarget.value)}
          error={rename.error ? sentenceOf(rename.error) : undefined}
          maxLength={80}
          required
          withAsterisk={false}
          autoComplete="off"
        />
        <Button type="submit" disabled={wanted.trim() === '' || wanted.trim() === name} loading={rename.isPending}>
          Rename
        </Button>
      </form>
    </Section>
  );
}
