import { Button, Tooltip } from '@mantine/core';
import { IconCheck, IconX } from '@tabler/icons-react';
import { useQueries } from '@tanstack/react-query';
import { useState, type KeyboardEvent } from 'react';
import { ruledCommands } from '#policies/commands.ts';
import type { Cell, GuildDetail, GuildPolicy } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { commandWords } from '../../app/words.ts';
import { rowQuery } from './policy-queries.ts';
import { stateOf, withCell, withEveryone, type CellState, type Command, type Subject } from './subjects.ts';
import { subjectName, type Names } from './words.ts';

const next: Readonly<Record<CellState, CellState>> = { inherit: 'allow', allow: 'deny', deny: 'inherit' };
const rolesAtFirst = 8;

/**
 * Roles by commands. A solid cell is set by a rule for that role; a pale one follows from something else. The result in
 * a cell (allowed or not, and by which rule) is the platform's decision for somebody with only that role. While the
 * draft has faults, the results are those of the last draft without any.
 */
export function Matrix(props: {
  policy: GuildPolicy;
  /** The draft, or the last one without faults. */
  valid: GuildPolicy;
  guild: GuildDetail;
  names: Names;
  change?: (policy: GuildPolicy) => void;
}) {
  const { guild, names, change } = props;
  const policy = withEveryone(props.policy, guild.id);
  const decidable = withEveryone(props.valid, guild.id);
  const { tenant } = useTenant();
  const [all, setAll] = useState(false);
  const subjects = rowsOf(policy, guild, all);
  const hidden =
    guild.roles.filter(({ managed }) => !managed).length - subjects.filter(({ kind }) => kind === 'roles').length;
  const rows = useQueries({
    queries: subjects.map((subject) => rowQuery({ tenant, guild: guild.id }, decidable, subject)),
  });
  const stale = props.valid !== props.policy;
  const cellOf = (at: number, command: Command) => rows[at]?.data?.find((cell) => cell.command === command);
  const overruled = subjects.flatMap((subject, at) =>
    ruledCommands.flatMap((command) => {
      const decided = cellOf(at, command);
      if (stale || stateOf(policy, subject, command) !== 'allow' || decided?.allowed !== false) return [];
      return [{ who: subjectName(subject, names), command, why: whyOf(decided, policy, true) }];
    }),
  );
  return (
    <>
      <div className="card matrix-scroll" role="region" aria-label="Who may use which command" tabIndex={0}>
        <table className="matrix" data-stale={stale || undefined} onKeyDown={moveByArrows}>
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">Who</span>
              </th>
              {ruledCommands.map((command) => (
                <th scope="col" key={command}>
                  <Tooltip label={commandWords[command]}>
                    <span className="matrix-command">/{command}</span>
                  </Tooltip>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {subjects.map((subject, at) => (
              <tr key={keyOf(subject)}>
                <th scope="row">
                  <span className="matrix-role">
                    <span className="role-dot" style={{ background: colorOf(subject, guild) }} aria-hidden />
                    <bdi className="ellipsis">{subjectName(subject, names)}</bdi>
                  </span>
                </th>
                {ruledCommands.map((command) => (
                  <td key={command}>
                    <MatrixCell
                      who={subjectName(subject, names)}
                      command={command}
                      state={stateOf(policy, subject, command)}
                      decided={cellOf(at, command)}
                      policy={policy}
                      {...(change && {
                        change: (state: CellState) => change(withCell(policy, subject, command, state, ruledCommands)),
                      })}
                    />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {stale && <p className="row-text matrix-note">These results are for your last draft without errors.</p>}
      {overruled.length > 0 && (
        <ul className="matrix-note" aria-label="Allowed here, but denied">
          {overruled.map(({ who, command, why }) => (
            <li key={`${who} ${command}`}>
              <b>
                <bdi>{who}</bdi>, /{command}
              </b>
              : {why}.
            </li>
          ))}
        </ul>
      )}
      <div className="matrix-foot">
        <Legend />
        {hidden > 0 && (
          <Button variant="subtle" size="xs" onClick={() => setAll(true)}>
            Show {hidden} more {hidden === 1 ? 'role' : 'roles'}
          </Button>
        )}
      </div>
    </>
  );
}

function rowsOf(policy: GuildPolicy, guild: GuildDetail, all: boolean): readonly Subject[] {
  const named = new Set(policy.rules.flatMap(({ who }) => who.roles ?? []));
  const own = guild.roles.filter(({ managed }) => !managed);
  const shown = own.filter(({ id }, at) => all || at < rolesAtFirst || named.has(id as never));
  return [{ kind: 'everyone' }, ...shown.map(({ id }): Subject => ({ kind: 'roles', id }))];
}

const keyOf = (subject: Subject): string => (subject.kind === 'everyone' ? 'everyone' : subject.id);

function colorOf(subject: Subject, guild: GuildDetail): string {
  const color = subject.kind === 'roles' ? guild.roles.find(({ id }) => id === subject.id)?.color : 0;
  return color ? `#${color.toString(16).padStart(6, '0')}` : 'var(--mantine-color-dimmed)';
}

function MatrixCell(props: {
  who: string;
  command: Command;
  state: CellState;
  decided: Cell | undefined;
  policy: GuildPolicy;
  change?: (state: CellState) => void;
}) {
  const { who, command, state, decided, policy, change } = props;
  const outcome = decided === undefined ? 'unknown' : decided.allowed ? 'allowed' : 'denied';
  const overruled = state === 'allow' && outcome === 'denied';
  const words = decided ? whyOf(decided, policy, overruled) : 'Loading';
  const said = state === 'inherit' ? 'not set here' : `set here: ${state}`;
  const icon =
    outcome === 'allowed' ? (
      <IconCheck size={17} stroke={2.4} />
    ) : outcome === 'denied' ? (
      <IconX size={17} stroke={2.4} />
    ) : (
      '·'
    );
  return (
    <Tooltip label={words}>
      <button
        type="button"
        className="cell"
        data-state={state}
        data-outcome={outcome}
        data-overruled={overruled || undefined}
        aria-label={`${who}, /${command}: ${words}; ${said}`}
        aria-disabled={!change || undefined}
        onClick={() => change?.(next[state])}
      >
        {icon}
      </button>
    </Tooltip>
  );
}

/** The result and the reason for it: 'Denied by rule 1 (everyone-deny): deny wins'. */
function whyOf({ allowed, rule }: Cell, { rules }: GuildPolicy, overruled: boolean): string {
  const verdict = allowed ? 'Allowed' : 'Denied';
  const at = rules.findIndex(({ id }) => id === rule);
  if (at >= 0) return `${verdict} by rule ${at + 1} (${rule})${overruled ? ': deny wins' : ''}`;
  if (rule === 'vote-skip') return `${verdict} once enough of the listeners vote for it`;
  if (rule === 'dj') return `${verdict} as a DJ`;
  return `${verdict}, because no rule mentions it`;
}

/** Arrow keys move between cells, as in a spreadsheet. */
function moveByArrows(event: KeyboardEvent<HTMLTableElement>): void {
  const steps: Readonly<Record<string, readonly [number, number]>> = {
    ArrowRight: [0, 1],
    ArrowLeft: [0, -1],
    ArrowDown: [1, 0],
    ArrowUp: [-1, 0],
  };
  const step = steps[event.key];
  const cell = (event.target as HTMLElement).closest('td');
  if (!step || !cell) return;
  const row = cell.parentElement as HTMLTableRowElement;
  const wanted = event.currentTarget.rows[row.rowIndex + step[0]]?.cells[cell.cellIndex + step[1]];
  const button = wanted?.querySelector('button');
  if (!button) return;
  event.preventDefault();
  button.focus();
}

const Legend = () => (
  <ul className="legend" aria-label="What the cells mean">
    <li>
      <span className="cell" data-state="allow" data-outcome="allowed" aria-hidden>
        <IconCheck size={13} />
      </span>
      Allowed here
    </li>
    <li>
      <span className="cell" data-state="deny" data-outcome="denied" aria-hidden>
        <IconX size={13} />
      </span>
      Denied here
    </li>
    <li>
      <span className="cell" data-state="allow" data-outcome="denied" data-overruled aria-hidden>
        <IconX size={13} />
      </span>
      Allowed here, but denied: deny wins
    </li>
    <li>
      <span className="cell" data-state="inherit" data-outcome="allowed" aria-hidden>
        <IconCheck size={13} />
      </span>
      Inherited
    </li>
  </ul>
);
