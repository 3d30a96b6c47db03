import { Button, NativeSelect, TextInput } from '@mantine/core';
import { IconFilterOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { actions } from '#security/identity/actions.ts';
import { guildsQuery } from '../../api/queries.ts';
import type { AuditFilters } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { instantOf, localOf } from '../../parts/time.tsx';

const kinds: Record<NonNullable<AuditFilters['kind']>, string> = {
  decision: 'Decisions',
  change: 'Changes',
  lifecycle: 'Bot lifecycle',
  security: 'Security',
};
const outcomes: Record<NonNullable<AuditFilters['outcome']>, string> = {
  allowed: 'Allowed',
  denied: 'Denied',
  succeeded: 'Done',
  failed: 'Failed',
};

const anyOr = (labels: Readonly<Record<string, string>>) => [
  { value: '', label: 'Any' },
  ...Object.entries(labels).map(([value, label]) => ({ value, label })),
];

type Filters = Omit<AuditFilters, 'by'>;

/** Filters by text, time, actor, server, action and outcome. */
export function FilterBar({ filters, change }: { filters: Filters; change: (filters: Filters) => void }) {
  const { tenant, can } = useTenant();
  const guilds = useQuery({ ...guildsQuery(tenant), enabled: can('player.read') });
  // Inputs return any string; the selects only values from the lists below. '' means no filter.
  const set = (name: keyof Filters, value: string) => change({ ...filters, [name]: value || undefined });
  return (
    <form className="filters" role="search" aria-label="Filter the log" onSubmit={(event) => event.preventDefault()}>
      <Typed
        type="search"
        label="Search"
        className="filters-search"
        placeholder="An action, a reason, an ID…"
        description="Searches actions, commands, reasons, rules, targets, IDs and details. Names of people and of tracks are not in the log."
        maxLength={100}
        value={filters.text ?? ''}
        set={(value) => set('text', value)}
      />
      <Typed
        type="datetime-local"
        label="From"
        value={localOf(filters.from)}
        set={(value) => set('from', instantOf(value))}
      />
      <Typed
        type="datetime-local"
        label="Until"
        value={localOf(filters.to)}
        set={(value) => set('to', instantOf(value))}
      />
      <NativeSelect
        label="Kind"
        value={filters.kind ?? ''}
        onChange={(event) => set('kind', event.currentTarget.value)}
        data={anyOr(kinds)}
      />
      <NativeSelect
        label="Outcome"
        value={filters.outcome ?? ''}
        onChange={(event) => set('outcome', event.currentTarget.value)}
        data={anyOr(outcomes)}
      />
      <NativeSelect
        label="Action"
        value={filters.action ?? ''}
        onChange={(event) => set('action', event.currentTarget.value)}
        data={[{ value: '', label: 'Any' }, ...Object.keys(actions).map((name) => ({ value: name, label: name }))]}
      />
      {guilds.data && guilds.data.length > 0 && (
        <NativeSelect
          label="Server"
          value={filters.guild ?? ''}
          onChange={(event) => set('guild', event.currentTarget.value)}
          data={[{ value: '', label: 'Any' }, ...guilds.data.map(({ id, name }) => ({ value: id, label: name }))]}
        />
      )}
      <Typed
        label="Person or service"
        placeholder="An ID"
        value={filters.actor ?? ''}
        set={(value) => set('actor', value)}
      />
      {Object.keys(filters).length > 0 && (
        <Button variant="subtle" onClick={() => change({})} leftSection={<IconFilterOff size={16} aria-hidden />}>
          Clear
        </Button>
      )}
    </form>
  );
}

/**
 * A typed filter, applied on Enter or when the field loses the focus, so that neither the log nor the URL changes with
 * each key press.
 */
function Typed(props: {
  label: string;
  value: string;
  set: (value: string) => void;
  type?: 'datetime-local' | 'search';
  placeholder?: string;
  description?: string;
  className?: string;
  maxLength?: number;
}) {
  const { value, set, ...shown } = props;
  const [typed, setTyped] = useState(value);
  const [known, setKnown] = useState(value);
  if (known !== value) {
    setKnown(value);
    setTyped(value);
  }
  const done = () => typed.trim() !== value && set(typed.trim());
  return (
    <TextInput
      {...shown}
      value={typed}
      onChange={(event) => setTyped(event.currentTarget.value)}
      onBlur={done}
      onKeyDown={(event) => event.key === 'Enter' && done()}
    />
  );
}
