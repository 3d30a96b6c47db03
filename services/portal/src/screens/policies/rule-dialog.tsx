import { Input, Modal, MultiSelect, SegmentedControl, Switch } from '@mantine/core';
import { useState } from 'react';
import { categoryNames, ruledCommands } from '#policies/commands.ts';
import type { GuildDetail, GuildRule } from '../../api/types.ts';
import { DialogForm } from '../../parts/dialog-form.tsx';
import { ownZone } from '../../parts/time.tsx';
import { freeId } from './subjects.ts';
import { timeFaults, Times } from './rule-times.tsx';
import { categoryLabels, permissionNames, type Names } from './words.ts';

type Who = GuildRule['who'];
type When = NonNullable<GuildRule['when']>;

const everyone = 'everyone';
const everyCommand = 'all';

/**
 * One rule with its conditions. A new rule has no defaults: the user has to choose its effect, whom it applies to and
 * which commands.
 */
export function RuleDialog(props: {
  rule: GuildRule | undefined;
  taken: ReadonlySet<string>;
  guild: GuildDetail;
  names: Names;
  close: () => void;
  put: (rule: GuildRule) => void;
}) {
  const { rule, guild, names, taken } = props;
  const [effect, setEffect] = useState<GuildRule['effect'] | ''>(rule?.effect ?? '');
  const [who, setWho] = useState<string[]>(rule ? packed(rule.who) : []);
  const [commands, setCommands] = useState<string[]>(
    !rule ? [] : rule.commands === 'all' ? [everyCommand] : [...rule.commands],
  );
  const [channels, setChannels] = useState<string[]>([...(rule?.channels ?? [])]);
  const [timed, setTimed] = useState(rule?.when !== undefined);
  const [when, setWhen] = useState<When>(rule?.when ?? { zone: ownZone, hours: { from: '22:00', to: '06:00' } });
  const [tried, setTried] = useState(false);
  const times = timed ? timeFaults(when) : {};
  const missing = {
    ...(effect === '' ? { effect: 'Choose what the rule does' } : {}),
    ...(who.length === 0 ? { who: 'Choose at least one' } : {}),
    ...(commands.length === 0 ? { commands: 'Choose at least one' } : {}),
  };
  const shown = tried ? missing : {};
  const made = (does: GuildRule['effect']): GuildRule => ({
    id: rule?.id ?? freeId(`${does}-${timed ? 'hours' : 'rule'}`, taken),
    effect: does,
    who: unpacked(who),
    commands: commands.includes(everyCommand) ? 'all' : (commands as Exclude<GuildRule['commands'], 'all'>),
    ...(channels.length > 0 ? { channels: channels } : {}),
    ...(timed ? { when } : {}),
  });
  return (
    <Modal opened onClose={props.close} title={rule ? `Edit ${rule.id}` : 'Add a rule'} size="lg">
      <DialogForm
        submit={rule ? 'Update rule' : 'Add rule'}
        send={() => {
          setTried(true);
          if (effect !== '' && Object.keys({ ...missing, ...times }).length === 0) props.put(made(effect));
        }}
        cancel={props.close}
      >
        <Input.Wrapper label="Effect" labelElement="div" error={shown.effect}>
          <SegmentedControl
            fullWidth
            aria-label="What the rule does"
            value={effect}
            onChange={(value) => setEffect(value)}
            data={[
              { value: 'allow', label: 'Allows' },
              { value: 'deny', label: 'Denies' },
            ]}
          />
        </Input.Wrapper>
        <MultiSelect
          label="Applies to"
          placeholder={who.length === 0 ? 'Choose roles, permissions or everyone' : undefined}
          data={whoChoices(rule, guild, names)}
          value={who}
          onChange={setWho}
          searchable
          error={shown.who}
        />
        <MultiSelect
          label="Commands"
          placeholder={commands.length === 0 ? 'Choose commands' : undefined}
          data={[
            { value: everyCommand, label: 'Every command' },
            ...categoryNames.map((name) => ({ value: name, label: `${categoryLabels[name]} commands` })),
            ...ruledCommands.map((name) => ({ value: name, label: `/${name}` })),
          ]}
          value={commands}
          onChange={(chosen) => setCommands(narrowed(commands, chosen))}
          error={shown.commands}
        />
        <MultiSelect
          label="Channels"
          placeholder={channels.length === 0 ? 'Every channel' : undefined}
          description="A channel includes its threads; a category includes its channels."
          data={channelChoices(guild)}
          value={channels}
          onChange={setChannels}
          searchable
        />
        <Switch
          label="Only at certain times"
          checked={timed}
          onChange={(event) => setTimed(event.currentTarget.checked)}
        />
        {timed && <Times when={when} faults={times} change={setWhen} />}
      </DialogForm>
    </Modal>
  );
}

/** Whom a rule can apply to; members only as far as the rule already names them. */
const whoChoices = (rule: GuildRule | undefined, guild: GuildDetail, names: Names) => [
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
];

/** Channels in which commands can be typed, and categories; channels that the rule already names stay listed. */
const channelChoices = ({ text, voice, otherChannels }: GuildDetail) => [
  { group: 'Channels', items: [...text, ...voice].map(({ id, name }) => ({ value: id, label: `#${name}` })) },
  {
    group: 'Forums',
    items: otherChannels
      .filter(({ kind }) => kind === 'forum')
      .map(({ id, name }) => ({ value: id, label: `#${name}` })),
  },
  {
    group: 'Categories',
    items: otherChannels.filter(({ kind }) => kind === 'category').map(({ id, name }) => ({ value: id, label: name })),
  },
];

/** "Every command" and single commands exclude each other: the last choice wins. */
const narrowed = (before: readonly string[], chosen: string[]): string[] =>
  !chosen.includes(everyCommand)
    ? chosen
    : before.includes(everyCommand)
      ? chosen.filter((name) => name !== everyCommand || chosen.length === 1)
      : [everyCommand];

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
