import { ActionIcon, Button } from '@mantine/core';
import { IconPencil, IconPlus, IconTrash } from '@tabler/icons-react';
import { useState } from 'react';
import type { GuildDetail, GuildPolicy, GuildRule } from '../../api/types.ts';
import { Status } from '../../parts/status.tsx';
import { RuleDialog } from './rule-dialog.tsx';
import { isPlain } from './subjects.ts';
import { ruleWords, type Names } from './words.ts';

/** Whether the matrix shows all of it: it applies always, everywhere, and to roles or everyone. */
const inMatrix = (rule: GuildRule): boolean => isPlain(rule) && !rule.who.users && !rule.who.permissions;

/** Rules that the matrix cannot express: for certain channels, times or members. */
export function Rules(props: {
  policy: GuildPolicy;
  guild: GuildDetail;
  names: Names;
  change?: (policy: GuildPolicy) => void;
}) {
  const { policy, guild, names, change } = props;
  const [edited, setEdited] = useState<GuildRule | 'new'>();
  const special = policy.rules.filter((rule) => !inMatrix(rule));
  const put = (rule: GuildRule) => {
    const rules =
      edited === 'new' ? [...policy.rules, rule] : policy.rules.map((each) => (each.id === edited?.id ? rule : each));
    change?.({ ...policy, rules });
    setEdited(undefined);
  };
  return (
    <div className="card rows">
      {special.map((rule) => (
        <div className="row" key={rule.id}>
          <Status tone={rule.effect === 'allow' ? 'good' : 'bad'}>{rule.effect === 'allow' ? 'Allow' : 'Deny'}</Status>
          <span className="row-words">
            <span title={rule.who.users?.join(', ')}>{ruleWords(rule, names)}</span>
            <span className="row-text mono">{rule.id}</span>
          </span>
          {change && (
            <span className="row-end">
              <ActionIcon
                variant="subtle"
                color="gray"
                size={36}
                aria-label={`Change ${rule.id}`}
                onClick={() => setEdited(rule)}
              >
                <IconPencil size={18} />
              </ActionIcon>
              <ActionIcon
                variant="subtle"
                color="gray"
                size={36}
                aria-label={`Remove ${rule.id}`}
                onClick={() => change({ ...policy, rules: policy.rules.filter(({ id }) => id !== rule.id) })}
              >
                <IconTrash size={18} />
              </ActionIcon>
            </span>
          )}
        </div>
      ))}
      {special.length === 0 && (
        <div className="row">
          <span className="row-text">
            None yet. A rule can apply to certain channels or hours, or to members with a Discord permission.
          </span>
        </div>
      )}
      {change && (
        <div className="more">
          <Button
            variant="default"
            size="sm"
            leftSection={<IconPlus size={16} aria-hidden />}
            onClick={() => setEdited('new')}
          >
            Add a rule
          </Button>
        </div>
      )}
      {edited && (
        <RuleDialog
          rule={edited === 'new' ? undefined : edited}
          taken={new Set(policy.rules.map(({ id }) => id))}
          guild={guild}
          names={names}
          close={() => setEdited(undefined)}
          put={put}
        />
      )}
    </div>
  );
}
