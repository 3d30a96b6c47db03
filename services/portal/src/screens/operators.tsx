import { Avatar, Button, Modal, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconUserPlus, IconUserShield } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../api/client.ts';
import { hasCode, sentenceOf } from '../api/problem.ts';
import { operatorsQuery } from '../api/queries.ts';
import type { Operator } from '../api/types.ts';
import { useMe } from '../app/access.ts';
import { Confirm } from '../parts/confirm.tsx';
import { DialogForm } from '../parts/dialog-form.tsx';
import { LoadMore } from '../parts/load-more.tsx';
import { Page } from '../parts/page.tsx';
import { EmptyState, ErrorState, RowsSkeleton } from '../parts/states.tsx';
import { Ago } from '../parts/time.tsx';
import { done, failed } from '../parts/toast.ts';

const nameOf = ({ id, name }: Operator): string => (name === `discord:${id}` ? `Discord user ${id}` : name);

/** The people who operate the platform and sign in with Discord. */
export function Operators() {
  const operators = useInfiniteQuery(operatorsQuery);
  const [adding, { open, close }] = useDisclosure(false);
  const all = operators.data?.pages.flatMap(({ items }) => items);
  const add = (
    <Button onClick={open} leftSection={<IconUserPlus size={18} aria-hidden />}>
      Add operator
    </Button>
  );
  return (
    <Page
      title="Operators"
      text="They manage every bot and the platform itself, and sign in with Discord like everyone else."
      actions={add}
    >
      {operators.error && !all ? (
        <div className="card">
          <ErrorState error={operators.error} retry={() => void operators.refetch()} />
        </div>
      ) : !all ? (
        <RowsSkeleton />
      ) : all.length === 0 ? (
        <div className="card">
          <EmptyState
            icon={<IconUserShield />}
            title="No operators yet"
            text="Until one is added, operators sign in with a one-time operator sign-in only."
          />
        </div>
      ) : (
        <div className="card rows">
          {all.map((operator) => (
            <OperatorRow key={operator.id} operator={operator} />
          ))}
          <LoadMore {...operators} />
        </div>
      )}
      {adding && <AddDialog close={close} />}
    </Page>
  );
}

function OperatorRow({ operator }: { operator: Operator }) {
  const me = useMe();
  const client = useQueryClient();
  const [removing, { open, close }] = useDisclosure(false);
  const { id, addedAt, addedBy, inSettings } = operator;
  const mine = me.subject === `discord:${id}`;
  const remove = useMutation({
    mutationFn: () => api.DELETE('/v1/operators/{operator}', { params: { path: { operator: id } } }),
    onSuccess: () => {
      close();
      done(`${nameOf(operator)} is no longer an operator`);
    },
    onError: failed,
    onSettled: () =>
      // Operators who remove themselves are signed out, and asked to sign in.
      client.invalidateQueries({ queryKey: mine ? ['me'] : operatorsQuery.queryKey }),
  });
  return (
    <div className="row wrap">
      <Avatar src={operator.avatarUrl} name={nameOf(operator)} alt="" radius="xl" color="iris" />
      <span className="row-words">
        <span className="row-title">
          <bdi>{nameOf(operator)}</bdi> {mine && <span className="tag">you</span>}
        </span>
        <span className="row-text mono">{id}</span>
        <span className="row-text">
          Added <Ago at={addedAt} />
          {addedBy === 'settings' ? ' by the settings file' : ''}
        </span>
      </span>
      <span className="row-end">
        {inSettings ? (
          <span className="tag">In the settings file</span>
        ) : (
          <Button variant="default" size="xs" onClick={open} aria-label={`Remove ${nameOf(operator)}`}>
            Remove
          </Button>
        )}
      </span>
      <Confirm
        opened={removing}
        close={close}
        title={`Remove ${nameOf(operator)}?`}
        text="They are signed out and lose operator access immediately. API keys that they created as an operator stop working. They keep their own bots."
        action="Remove"
        run={() => remove.mutate()}
        running={remove.isPending}
      />
    </div>
  );
}

function AddDialog({ close }: { close: () => void }) {
  const client = useQueryClient();
  const [id, setId] = useState('');
  const add = useMutation({
    mutationFn: () => api.POST('/v1/operators', { body: { id: id.trim() } }),
    onSuccess: () => {
      close();
      done('The operator was added');
    },
    onSettled: () => client.invalidateQueries({ queryKey: operatorsQuery.queryKey }),
  });
  const fault = add.error && (hasCode(add.error, 'http.invalid') ? 'This is not a Discord ID.' : sentenceOf(add.error));
  return (
    <Modal opened onClose={close} title="Add operator">
      <DialogForm submit="Add operator" send={() => add.mutate()} sending={add.isPending} cancel={close}>
        <TextInput
          label="Discord ID"
          description="In Discord, turn on Developer Mode, right-click the person and choose Copy User ID. If they are signed in here, they have to sign in again."
          value={id}
          onChange={(event) => setId(event.currentTarget.value)}
          error={fault || undefined}
          inputMode="numeric"
          required
          withAsterisk={false}
          data-autofocus
          autoComplete="off"
        />
      </DialogForm>
    </Modal>
  );
}
