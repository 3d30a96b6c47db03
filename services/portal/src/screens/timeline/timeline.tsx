import { IconTimeline } from '@tabler/icons-react';
import { useSearchParams } from 'wouter';
import { GuildPage } from '../../parts/guild-page.tsx';
import { Then } from './then.tsx';
import { TimeTravel } from './time-travel.tsx';

/** One server at any moment: what played, who had asked for it, the policy, and what had just been denied. */
export default function Timeline({ guild }: { guild?: string }) {
  return (
    <GuildPage
      title="Timeline"
      text="A server as it was at any moment of the last 90 days."
      path="timeline"
      guild={guild}
      empty={{
        icon: <IconTimeline />,
        text: 'Once the bot is added to a server, what happened there is shown here.',
      }}
    >
      {(id) => <OfGuild key={id} guild={id} />}
    </GuildPage>
  );
}

/** The moment is in the URL, so that it can be shared. */
function OfGuild({ guild }: { guild: string }) {
  const [search, setSearch] = useSearchParams();
  const given = Date.parse(search.get('at') ?? '');
  const atMs = Number.isNaN(given) ? undefined : given;
  return (
    <>
      <TimeTravel
        guild={guild}
        atMs={atMs}
        go={(toMs) => setSearch(new URLSearchParams({ at: new Date(toMs).toISOString() }), { replace: true })}
      />
      <Then guild={guild} atMs={atMs} />
    </>
  );
}
