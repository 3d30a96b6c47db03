import { Button, Checkbox, Modal, MultiSelect, SegmentedControl, Switch, TextInput } from '@mantine/core';
import { useState } from 'react';
import { commandNames } from '#policies/commands.ts';
import type { GuildDetail, GuildRule } from '../../api/types.ts';
import { ownZone } from '../../parts/time.tsx';
import { freeId } from './subjects.ts';
import { permissionNames, weekdayNames, type Names } from './words.ts';

type Who = GuildRule['who'];
type When = NonNullable<GuildRule['when']>;
type Day = NonNullable<When['weekdays']>[number];

const everyone = 'everyone';

/** One rule with its conditions. The API checks it again, and says what is wrong with it. */
export function RuleDialog(props: {
  rule: GuildRule | undefined;
  taken: ReadonlySet<string>;
  guild: GuildDetail;
  names: Names;
  close: () => void;
  put: (rule: GuildRule) => void;
}) {
  const { rule, guild, names, taken } = props;
  const [effect, setEffect] = useState<GuildRule['effect']>(rule?.effect ?? 'deny');
  const [who, setWho] = useState<string[]>(rule ? packed(rule.who) : [everyone]);
  const [commands, setCommands] = useState<string[]>(!rule || rule.commands === 'all' ? [] : [...rule.commands]);
  const [channels, setChannels] = useState<string[]>([...(rule?.channels ?? [])]);
  const [timed, setTimed] = useState(rule?.when !== undefined);
  const [when, setWhen] = useState<When>(rule?.when ?? { zone: ownZone, hours: { from: '22:00', to: '06:00' } });
  const made = (): GuildRule => ({
    id: rule?.id ?? freeId(`${effect}-${timed ? 'hours' : 'rule'}`, taken),
    effect,
    who: unpacked(who),
    commands: commands.length === 0 ? 'all' : (commands as Exclude<GuildRule['commands'], 'all'>),
    ...(channels.length > 0 ? { channels: channels } : {}),
    ...(timed ? { when } : {}),
  });
  return (
    <Modal opened onClose={props.close} title={rule ? `Change ${rule.id}` : 'Add a rule'} size="lg">
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          props.put(made());
        }}
      >
        <SegmentedControl
          aria-label="What the rule does"
          value={effect}
          onChange={(value) => setEffect(value)}
          data={[
            { value: 'allow', label: 'Allow' },
            { value: 'deny', label: 'Deny' },
          ]}
        />
        <MultiSelect
          label="Whom"
          data={[
            { group: 'All', items: [{ value: everyone, label: 'Everyone' }] },
            { group: 'Roles', items: guild.roles.map(({ id, name }) => ({ value: `roles:${id}`, label: name })) },
            {
              group: 'Holders of a Discord permission',
              items: Object.entries(permissionNames).map(([id, label]) => ({ value: `permissions:${id}`, label })),
            },
            ...(rule?.who.users
              ? [
                  {
                    group: 'Members',
                    items: rule.who.users.map((id) => ({ value: `users:${id}`, label: names.member(id) })),
                  },
                ]
              : []),
          ]}
          value={who}
          onChange={setWho}
          searchable
          error={who.length === 0 ? 'Name somebody' : undefined}
        />
        <MultiSelect
          label="Commands"
          placeholder={commands.length === 0 ? 'Every command' : undefined}
          data={commandNames.map((name) => ({ value: name, label: `/${name}` }))}
          value={commands}
          onChange={setCommands}
        />
        <MultiSelect
          label="Channels"
          placeholder={channels.length === 0 ? 'Every channel' : undefined}
          data={guild.text.map(({ id, name }) => ({ value: id, label: `#${name}` }))}
          value={channels}
          onChange={setChannels}
          searchable
        />
        <Switch
          label="Only at some times"
          checked={timed}
          onChange={(event) => setTimed(event.currentTarget.checked)}
        />
        {timed && <Times when={when} change={setWhen} />}
        <div className="form-actions">
          <Button variant="default" onClick={props.close}>
            Cancel
          </Button>
          <Button type="submit" disabled={who.length === 0}>
            {rule ? 'Change it' : 'Add it'}
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function Times({ when, change }: { when: When; change: (when: When) => void }) {
  const days = Object.keys(weekdayNames) as Day[];
  const { hours, weekdays, zone } = when;
  const setHours = (part: Partial<NonNullable<When['hours']>>) =>
    change({ ...when, hours: { from: hours?.from ?? '22:00', to: hours?.to ?? '06:00', ...part } });
  return (
    <div className="times">
      <TextInput
        type="time"
        label="From"
        value={hours?.from ?? ''}
        onChange={(event) => setHours({ from: event.currentTarget.value })}
      />
      <TextInput
        type="time"
        label="To"
        value={hours?.to ?? ''}
        onChange={(event) => setHours({ to: event.currentTarget.value })}
      />
      <TextInput
        label="Time zone"
        value={zone}
        onChange={(event) => change({ ...when, zone: event.currentTarget.value })}
      />
      <Checkbox.Group
        className="times-days"
        label="Days"
        description="None chosen means every day"
        value={weekdays ?? []}
        onChange={(chosen) => {
          const { weekdays: _before, ...rest } = when;
          const inOrder = days.filter((day) => chosen.includes(day));
          change(inOrder.length > 0 ? { ...rest, weekdays: inOrder } : rest);
        }}
      >
        <div className="tags days">
          {days.map((day) => (
            <Checkbox key={day} value={day} label={weekdayNames[day].slice(0, 3)} aria-label={weekdayNames[day]} />
          ))}
        </div>
      </Checkbox.Group>
    </div>
  );
}

const packed = (who: Who): string[] => [
  ...(who.everyone ? [everyone] : []),
  ...(['roles', 'users', 'permissions'] as const).flatMap((kind) => (who[kind] ?? []).map((id) => `${kind}:${id}`)),
];

function unpacked(chosen: readonly string[]): Who {
  const of = (kind: string) =>
    chosen.filter((each) => each.startsWith(`${kind}:`)).map((each) => each.slice(kind.length + 1));
  const lists = (['roles', 'users', 'permissions'] as const).map((kind) => [kind, of(kind)] as const);
  return {
    ...(chosen.includes(everyone) ? { everyone: true } : {}),
    ...Object.fromEntries(lists.filter(([, ids]) => ids.length > 0)),
  };
}
