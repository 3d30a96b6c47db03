import type { Statistics, StatisticsRange } from '../../api/types.ts';
import { Section } from '../../parts/page.tsx';
import { PlaysBars } from './plays-bars.tsx';

type Plays = Statistics['plays'];
const height = 180;

const formats: Readonly<Record<StatisticsRange['by'], Intl.DateTimeFormat>> = {
  hour: new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' }),
  day: new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' }),
  week: new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' }),
};
const titles = { hour: 'by the hour', day: 'by day', week: 'by week' } as const;

/** Tracks over time: bars for the eye, and the same numbers as a table. */
export function PlaysChart({ plays, by }: { plays: Plays; by: StatisticsRange['by'] }) {
  const all = plays.reduce((sum, { played }) => sum + played, 0);
  const most = Math.max(1, ...plays.map(({ played, failed }) => played + failed));
  const time = formats[by];
  const numbers = new Intl.NumberFormat();
  const labelled = Math.ceil(plays.length / 8);
  return (
    <Section
      title={`${numbers.format(all)} tracks played`}
      text={`Tracks ${titles[by]}, at most ${numbers.format(most)}, with failures on top.`}
    >
      <figure className="card chart">
        <PlaysBars plays={plays} most={most} height={height} className="chart-bars" />
        <div className="chart-labels" aria-hidden>
          {plays.map(({ at }, index) => (
            <span key={at}>{index % labelled === 0 && <span>{time.format(new Date(at))}</span>}</span>
          ))}
        </div>
        <details>
          <summary>As a table</summary>
          <div className="chart-table" tabIndex={0} role="region" aria-label="Tracks over time">
            <table>
              <thead>
                <tr>
                  {['Time', 'Played', 'Finished', 'Skipped', 'Stopped', 'Failed'].map((name) => (
                    <th key={name} scope="col">
                      {name}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {plays.map(({ at, played, finished, skipped, stopped, failed }) => (
                  <tr key={at}>
                    <th scope="row">
                      <time dateTime={at}>{time.format(new Date(at))}</time>
                    </th>
                    {Object.entries({ played, finished, skipped, stopped, failed }).map(([name, value]) => (
                      <td key={name}>{numbers.format(value)}</td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </details>
      </figure>
    </Section>
  );
}
