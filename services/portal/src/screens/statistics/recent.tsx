import { useQuery } from '@tanstack/react-query';
import { recentPlaysQuery, recentTopsQuery } from '../../api/queries.ts';
import { useTenant } from '../../app/access.ts';
import { Section } from '../../parts/page.tsx';
import { PlaysBars } from './plays-bars.tsx';
import { TopTracks } from './top-tracks.tsx';

const height = 60;
const hourMs = 60 * 60_000;

/** What is played now, of all servers together; nothing while there is no answer, for the rest of the page stands without it. */
export function Recent() {
  const { tenant } = useTenant();
  const { data } = useQuery({ ...recentPlaysQuery(tenant), refetchInterval: 15_000 });
  if (!data || data.lastDay.played + data.lastDay.failed === 0) return null;
  const { minutes, lastHour, lastDay, heard } = data;
  const most = Math.max(1, ...minutes.map(({ played, failed }) => played + failed));
  const number = new Intl.NumberFormat();
  const hours = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 }).format(
    heard.reduce((sum, { heardMs }) => sum + heardMs, 0) / hourMs,
  );
  const rows = [
    ['Last hour', lastHour],
    ['Last 24 hours', lastDay],
  ] as const;
  return (
    <Section
      title="Lately"
      text={`In all servers. Music was heard for ${hours} hours of the last 24, all servers added up.`}
    >
      <figure className="card chart">
        <PlaysBars plays={minutes} most={most} height={height} className="chart-bars chart-low" />
        <figcaption className="row-text">Tracks a minute in the last hour, with failures on top</figcaption>
      </figure>
      <div className="card rows">
        {rows.map(([name, { played, finished, skipped, stopped, failed }]) => (
          <div className="row" key={name}>
            <span className="row-words">
              <span className="row-title">{name}</span>
              <span className="row-text">
                {number.format(finished)} finished, {number.format(skipped)} skipped, {number.format(stopped)} stopped,{' '}
                {number.format(failed)} failed
              </span>
            </span>
            <span className="dimmed tabular nowrap">{number.format(played)} played</span>
          </div>
        ))}
      </div>
      {(['hour', 'day'] as const).map((last) => (
        <RecentTops key={last} last={last} />
      ))}
    </Section>
  );
}

const shownTops = 5;
const titles = { hour: 'Most played in the last hour', day: 'Most played in the last 24 hours' } as const;

function RecentTops({ last }: { last: 'hour' | 'day' }) {
  const { tenant } = useTenant();
  const { data } = useQuery({ ...recentTopsQuery(tenant, last), refetchInterval: 60_000 });
  if (!data || data.tracks.length === 0) return null;
  return (
    <>
      <p className="dimmed">{titles[last]}</p>
      <TopTracks tracks={data.tracks.slice(0, shownTops)} />
    </>
  );
}
