import type { Statistics } from '../../api/types.ts';
import { Section } from '../../parts/page.tsx';

const weekdayName = new Intl.DateTimeFormat(undefined, { weekday: 'short', timeZone: 'UTC' });
/** Monday first, as ISO 8601 numbers them. */
const weekdays = [1, 2, 3, 4, 5, 6, 7].map((weekday) => ({
  weekday,
  name: weekdayName.format(Date.UTC(2024, 0, weekday)),
}));
const hours = Array.from({ length: 24 }, (_, hour) => hour);

/** The hours of the week: the darker, the more was played. Each has its number, too. */
export function HoursMap({ hours: counts }: { hours: Statistics['hours'] }) {
  const most = Math.max(1, ...counts.map(({ played }) => played));
  const at = (weekday: number, hour: number): number =>
    counts.find((each) => each.weekday === weekday && each.hour === hour)?.played ?? 0;
  return (
    <Section title="Busiest hours" text="In your time zone.">
      <div className="card hours-map" tabIndex={0} role="region" aria-label="Busiest hours">
        <table>
          <thead>
            <tr>
              <td />
              {hours.map((hour) => (
                <th key={hour} scope="col">
                  {hour}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {weekdays.map(({ weekday, name }) => (
              <tr key={weekday}>
                <th scope="row">{name}</th>
                {hours.map((hour) => {
                  const played = at(weekday, hour);
                  return (
                    <td key={hour} title={`${name} ${hour}:00: ${played}`}>
                      <span
                        className="hours-cell"
                        aria-hidden
                        style={{ opacity: played === 0 ? 0 : 0.15 + 0.85 * (played / most) }}
                      />
                      <span className="visually-hidden">{played}</span>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}
