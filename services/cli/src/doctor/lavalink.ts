import { z } from 'zod';
import { probe, type ProbeAnswer } from '../up/probe.ts';
import type { Outside } from '../up/options.ts';
import { ok, warning, type Finding } from './finding.ts';

type Node = Outside['lavalinkNodes'][number];

const about = 'Lavalink';
const names = z.array(z.string().max(100)).max(200);
const infoSchema = z.object({
  sourceManagers: names,
  plugins: z.array(z.object({ name: z.string().max(100) })).max(200),
});
const loadedSchema = z.object({ loadType: z.string() });

/** Every music service has something of hers. */
const knownArtist = 'Nina Simone';

/** How each source is searched, and what it needs (infra/deploy/lavalink/README.md). Others cannot be searched. */
const searches: Readonly<Record<string, { readonly prefix: string; readonly needs: string }>> = {
  youtube: { prefix: 'ytsearch', needs: 'a cipher server, and perhaps OAuth (YOUTUBE_CIPHER_URL, YOUTUBE_OAUTH)' },
  soundcloud: { prefix: 'scsearch', needs: 'no credentials: look at the log of the node' },
  bandcamp: { prefix: 'bcsearch', needs: 'no credentials: look at the log of the node' },
  spotify: { prefix: 'spsearch', needs: 'SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET' },
  applemusic: { prefix: 'amsearch', needs: 'APPLE_MUSIC_TOKEN' },
  deezer: { prefix: 'dzsearch', needs: 'DEEZER_KEY and DEEZER_ARL' },
};

/** What infra/deploy/lavalink/application.yml has that a member would miss. */
const expectedSources = ['youtube', 'soundcloud', 'bandcamp', 'twitch', 'http', 'spotify', 'applemusic', 'deezer'];
const expectedPlugins = { 'lavalyrics-plugin': 'lyrics', 'sponsorblock-plugin': 'SponsorBlock' } as const;

const readme = 'infra/deploy/lavalink/README.md says what each needs; leave out what you do not want';

/** What each node can play: what it lacks is a warning, since an installation may do without. Nodes that do not answer are left out. */
export async function checkSources(nodes: readonly Node[]): Promise<Finding[]> {
  return (await Promise.all(nodes.map(checkNode))).flat();
}

async function checkNode(node: Node): Promise<Finding[]> {
  const info = infoSchema.safeParse(bodyOf(await ask(node, '/v4/info')));
  if (!info.success) return [];
  const { sourceManagers: sources, plugins } = info.data;
  const failing = (await Promise.all(sources.map((source) => checkSource(node, source)))).flat();
  const missing = [
    ...expectedSources.filter((source) => !sources.includes(source)),
    ...Object.entries(expectedPlugins)
      .filter(([plugin]) => !plugins.some(({ name }) => name === plugin))
      .map(([, what]) => what),
  ];
  const working = sources.filter(
    (source) => !failing.some((finding) => finding.says.startsWith(`${node.id}: ${source} `)),
  );
  return [
    ok(about, `${node.id} has ${working.length === 0 ? 'no source that works' : working.join(', ')}`),
    ...failing,
    ...(missing.length === 0 ? [] : [warning(about, `${node.id} does not have ${missing.join(', ')}`, readme)]),
  ];
}

async function checkSource(node: Node, source: string): Promise<Finding[]> {
  const search = Object.hasOwn(searches, source) ? searches[source] : undefined;
  if (!search) return [];
  const identifier = encodeURIComponent(`${search.prefix}:${knownArtist}`);
  const fault = faultOf(await ask(node, `/v4/loadtracks?identifier=${identifier}`));
  if (fault === undefined) return [];
  return [
    warning(about, `${node.id}: ${source} ${fault}`, `it needs ${search.needs} (infra/deploy/lavalink/README.md)`),
  ];
}

const ask = (node: Node, path: string): Promise<ProbeAnswer | string> =>
  probe(`${node.url.replace(/\/$/, '')}${path}`, { authorization: node.password }, node.trustPem);

const bodyOf = (answer: ProbeAnswer | string): unknown => (typeof answer === 'string' ? undefined : answer.body);

/** Why a search brought nothing; a service's own words stay in the node's log, as they may contain anything. */
function faultOf(answer: ProbeAnswer | string): string | undefined {
  if (typeof answer === 'string') return 'does not answer a search';
  const loaded = loadedSchema.safeParse(answer.body);
  if (!loaded.success) return `answers a search with HTTP ${answer.status}`;
  if (loaded.data.loadType === 'error') return 'fails to search';
  return loaded.data.loadType === 'empty' ? `finds nothing by ${knownArtist}` : undefined;
}
