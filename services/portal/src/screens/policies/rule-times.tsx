import { Checkbox, Select, TextInput } from '@mantine/core';
import type { GuildRule } from '../../api/types.ts';
import { weekdayNames } from './words.ts';

type When = NonNullable<GuildRule['when']>;
type Day = NonNullable<When['weekdays']>[number];

/** The browser's list does not include UTC. */
const zones = [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])];

export type TimeFaults = Partial<Record<'from' | 'to' | 'zone', string>>;

/** What the API would refuse on saving, by field. */
export function timeFaults({ hours, zone }: When): TimeFaults {
  const isTime = (text: string) => /^\d\d:\d\d$/.test(text);
  return {
    ...(hours && !isTime(hours.from) ? { from: 'Enter a time' } : {}),
    ...(hours && !isTime(hours.to) ? { to: 'Enter a time' } : {}),
    ...(hours && isTime(hours.to) && hours.from === hours.to
      ? { to: 'Choose an end time that differs from the start time' }
      : {}),
    ...(zone === '' ? { zone: 'Choose a time zone' } : {}),
  };
}

/** When a rule applies: hours, days and the time zone. */
export function Times({ when, faults, change }: { when: When; faults: TimeFaults; change: (when: When) => void }) {
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
        error={faults.from}
      />
      <TextInput
        type="time"
        label="To"
        value={hours?.to ?? ''}
        onChange={(event) => setHours({ to: event.currentTarget.value })}
        error={faults.to}
      />
      <Select
        label="Time zone"
        placeholder="Search for a city"
        data={zone === '' || zones.includes(zone) ? zones : [zone, ...zones]}
        value={zone === '' ? null : zone}
        onChange={(chosen) => change({ ...when, zone: chosen ?? '' })}
        filter={({ options, search }) =>
          options.filter((option) => 'value' in option && matches(option.value, search.trim()))
        }
        nothingFoundMessage="No such time zone. Try the largest city nearby."
        limit={60}
        searchable
        allowDeselect={false}
        error={faults.zone}
      />
      <Checkbox.Group
        className="times-days"
        label="Days"
        description="Choose none for every day"
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

/** `new york` finds America/New_York. */
const matches = (zone: string, search: string): boolean =>
  zone.toLowerCase().replaceAll('_', ' ').includes(search.toLowerCase().replaceAll('_', ' '));
