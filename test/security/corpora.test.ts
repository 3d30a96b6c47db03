import { describe, expect, it, vi } from 'vitest';
import { catalogue, type CatalogueTrack } from '#test/sandbox/lavalink/catalogue.ts';
import { createChannel } from '#test/sandbox/world/guilds.ts';
import sizes from './cases/sizes.json' with { type: 'json' };
import { nameCases, titleCases } from './corpora.ts';
import { worldOfThisFile } from './world/file-world.ts';

/** Every entry of the corpora, through the interfaces that names, titles and sizes come in by. */
const world = await worldOfThisFile();
const a = await world.customer('Acme');

describe('a name', () => {
  it.each(nameCases)('is refused or stored when it is chosen here: $name', async ({ text, chosen }) => {
    const body = { name: text };
    const answer = await world.doors.public({ method: 'POST', path: '/v1/tenants', session: world.owner, body });
    if (chosen === null) {
      expect(answer).toMatchObject({ status: 400, code: 'http.invalid', body: { faults: [{ at: '/name' }] } });
      return;
    }
    expect(answer, answer.text).toMatchObject({ status: 201, body: { name: chosen } });
    const { id } = answer.body as { id: string };
    const read = await world.doors.public({ path: `/v1/tenants/${id}`, session: world.owner });
    expect(read.body).toMatchObject({ tenant: { name: chosen } });
  });

  it('is displayed safely when it was chosen in Discord, each one as a channel', async () => {
    const { world: discord } = world.parts.sandbox;
    const expected = new Map(
      nameCases.map(({ text, shown }) => {
        const { id } = createChannel(discord, a.guild, { name: text, type: 'text' });
        return [id, shown === '' ? id : clipped(shown, 100)];
      }),
    );
    const path = `/v1/tenants/${a.id}/guilds/${a.guild}`;
    await vi.waitFor(
      async () => {
        const { body } = await world.doors.public({ path, session: world.owner });
        const channels = (body as { text: { id: string; name: string }[] }).text;
        const shown = new Map(channels.map(({ id, name }) => [id, name]));
        expect(new Map([...expected].map(([id]) => [id, shown.get(id)]))).toEqual(expected);
      },
      { timeout: 15_000 },
    );
  });
});

describe('a title', () => {
  const asTitles = nameCases.map(({ name, text, shown }) => ({ name, text, stored: shown || 'Untitled' }));

  it.each([...titleCases, ...asTitles].map((entry, index) => ({ ...entry, index })))(
    'from a node is safe to display in the queue: $name',
    async (entry) => {
      const { stored, text, index } = entry;
      const author = text === 'Unknown title' ? text : stored === 'Untitled' ? 'Unknown' : stored;
      const song = { ...catalogue[0], slug: `hostile-${index}`, title: text, author: text } as CatalogueTrack;
      // The sandbox's node has one more song for as long as the test needs it, which nobody has looked up before.
      const query = `https://music.sandbox.test/track/hostile-${index}`;
      (catalogue as CatalogueTrack[]).push({ ...song, uri: query });
      try {
        const txnToken = await world.witnessed(
          a,
          ['player.search'],
          { command: 'play' },
          { 'player.search': { query } },
        );
        const path = `/audio/v1/tenants/${a.id}/guilds/${a.guild}/player/search?query=${encodeURIComponent(query)}`;
        const { body, text: answer } = await world.doors.call(a.bot, { path, txnToken });
        const [track] = (body as { tracks?: { title: string; author: string }[] }).tracks ?? [];
        expect(track?.title, answer).toBe(stored);
        expect(track?.author).toBe(author);
      } finally {
        (catalogue as CatalogueTrack[]).pop();
      }
    },
  );
});

describe('a size', () => {
  interface Size {
    readonly name: string;
    readonly method: string;
    readonly path: string;
    readonly body?: unknown;
    readonly of: string;
    readonly item?: unknown;
  }

  const valueOf = ({ of, item }: Size, size: number): unknown => {
    if (of === 'text') return 'x'.repeat(size);
    if (of === 'number') return size;
    if (of === 'bytes') return undefined;
    return Array.from({ length: size }, (_, n): unknown =>
      JSON.parse(JSON.stringify(item).replaceAll('{n}', String(n + 1))),
    );
  };

  const ask = (entry: Size, size: number) => {
    const value = valueOf(entry, size);
    const path = entry.path
      .replace('{a}', a.id)
      .replace('{guild}', a.guild)
      .replace('{value}', () => String(value));
    const plain = JSON.stringify(entry.body)?.replace('"{value}"', () => JSON.stringify(value));
    const body = entry.of === 'bytes' ? plain?.padEnd(size) : plain;
    return world.doors.public({
      method: entry.method,
      path,
      session: world.owner,
      ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
    });
  };

  it.each(sizes)('is accepted at its bounds and refused one beyond them: $name', async (entry) => {
    const { least, most, at, beyond = 400 } = entry;
    for (const size of [...(least === undefined ? [] : [least]), most]) {
      const taken = await ask(entry, size);
      expect(taken.status, `${size}: ${taken.text}`).toBeLessThan(300);
    }
    for (const size of [...(least === undefined || least === 0 ? [] : [least - 1]), most + 1]) {
      const refused = await ask(entry, size);
      expect([beyond, 422], `${size}: ${refused.text}`).toContain(refused.status);
      if (at !== undefined) expect(JSON.stringify(refused.body), String(size)).toContain(`"at":"${at}`);
    }
  });
});

const clipped = (text: string, max: number): string => {
  const characters = [...text];
  return characters.length <= max ? text : `${characters.slice(0, max - 1).join('')}…`;
};
