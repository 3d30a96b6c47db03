import { afterEach, describe, expect, test } from 'vitest';
import { audioRig, eventually, lounge, member, otherLounge, text, type AudioRig } from '../testing/audio-rig.ts';

const open: AudioRig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig[Symbol.asyncDispose]();
});

async function rig(options?: Parameters<typeof audioRig>[0]): Promise<AudioRig> {
  const made = await audioRig(options);
  open.push(made);
  return made;
}

const bells = 'https://music.sandbox.test/playlist/short-bells';
const track = (slug: string) => `https://music.sandbox.test/track/${slug}`;

describe('adding', () => {
  test('joins the member and plays what a search finds', async () => {
    const { audio, guildKey, playing, voice, seen } = await rig();
    const answer = await audio.commands.enqueue(guildKey, member(), 'harbour lights');
    expect(answer).toMatchObject({ addedCount: 1, added: [{ title: 'Harbour Lights' }], playlistName: null });
    expect(answer.player).toMatchObject({
      state: 'playing',
      voiceChannel: lounge,
      textChannel: text,
      version: expect.any(Number),
    });
    await eventually(() => playing()).toMatchObject({ title: 'Harbour Lights', connected: true, volume: 100 });
    expect(voice.where(guildKey)).toBe(lounge);
    await eventually(() => causes(seen)).toContain('track-start');
  });

  test('adds a playlist whole and plays it to its end by the clock, then stays for five minutes and leaves', async () => {
    const { audio, guildKey, playing, clock, voice, seen } = await rig();
    const answer = await audio.commands.enqueue(guildKey, member(), bells);
    expect(answer).toMatchObject({ addedCount: 7, playlistName: 'Sandbox Signals: Short Bells' });
    expect(answer.player.queueLength).toBe(6);
    for (const [title, lengthMs] of [
      ['Eight Second Bell', 8_000],
      ['Ten Second Bell', 10_000],
      ['Twelve Second Bell', 12_000],
      ['Nine Second Chime', 9_000],
      ['Eleven Second Chime', 11_000],
      ['Twenty Second Loop', 20_000],
      ['Forty Second Loop', 40_000],
    ] as const) {
      await eventually(() => playing()?.title).toBe(title);
      await eventually(() => playing()?.connected).toBe(true);
      clock.advance(lengthMs);
    }
    await eventually(async () => (await audio.commands.read(guildKey)).state).toBe('idle');
    expect(voice.where(guildKey)).toBe(lounge);
    clock.advance(4 * 60_000);
    expect(voice.where(guildKey)).toBe(lounge);
    clock.advance(61_000);
    await eventually(() => voice.where(guildKey)).toBeUndefined();
    expect(seen.at(-1)).toMatchObject({ cause: 'stop', detail: expect.stringContaining('queue') });
  });

  test('puts requests of the same moment into the order in which they came', async () => {
    const { audio, guildKey } = await rig();
    const slugs = ['golden-hour', 'kitchen-radio', 'low-water'];
    for (const slug of slugs) await audio.commands.enqueue(guildKey, member(), track(slug));
    await Promise.all([audio.commands.pause(guildKey, member()), audio.commands.setVolume(guildKey, member(), 30)]);
    const player = await audio.commands.read(guildKey);
    expect(player).toMatchObject({ state: 'paused', volume: 30, current: { title: 'Golden Hour' } });
    expect(player.queue.map(({ title }) => title)).toEqual(['Kitchen Radio', 'Low Water']);
  });

  test('refuses a member outside voice, and adds nothing', async () => {
    const { audio, guildKey, voice } = await rig();
    await expect(audio.commands.enqueue(guildKey, member(null), 'golden hour')).rejects.toMatchObject({
      code: 'player.member-not-in-voice',
    });
    expect(voice.sent).toEqual([]);
    expect((await audio.commands.read(guildKey)).version).toBe(0);
  });

  test('refuses a member of another channel while people listen, and moves there when nobody does', async () => {
    const { audio, guildKey, voice, playing } = await rig();
    await audio.commands.enqueue(guildKey, member(), 'golden hour');
    const elsewhere = member(otherLounge);
    await expect(audio.commands.enqueue(guildKey, elsewhere, 'low water')).rejects.toMatchObject({
      code: 'player.other-voice-channel',
    });
    expect((await audio.commands.read(guildKey)).queueLength).toBe(0);
    voice.setListeners(lounge, 0);
    await eventually(
      async () => (await audio.commands.enqueue(guildKey, elsewhere, 'low water')).player.voiceChannel,
    ).toBe(otherLounge);
    await eventually(() => playing()).toMatchObject({ channelId: otherLounge, connected: true, title: 'Golden Hour' });
  });

  test('waits, and says why, where nobody would hear it, and begins by itself when it may speak', async () => {
    const { audio, guildKey, playing, voice } = await rig();
    voice.setSilenced(lounge, 'no-permission');
    const answer = await audio.commands.enqueue(guildKey, member(), 'harbour lights');
    expect(answer.player).toMatchObject({ state: 'waiting', reason: expect.stringContaining('“Speak”') });
    expect(playing()).toBeUndefined();
    voice.setSilenced(lounge, undefined);
    await eventually(() => playing()).toMatchObject({ title: 'Harbour Lights', paused: false });
    await eventually(async () => audio.commands.read(guildKey)).toMatchObject({ state: 'playing', reason: null });
  });

  test('waits where it is while a moderator has muted it, whatever else is asked for', async () => {
    const { audio, guildKey, playing, voice, clock } = await rig();
    await audio.commands.enqueue(guildKey, member(), track('harbour-lights'));
    await eventually(async () => (await audio.commands.read(guildKey)).state).toBe('playing');
    await eventually(() => playing()?.connected).toBe(true);
    clock.advance(5_000);
    voice.setSilenced(lounge, 'muted');
    await eventually(() => playing()?.paused).toBe(true);
    await eventually(async () => audio.commands.read(guildKey)).toMatchObject({
      state: 'waiting',
      reason: expect.stringContaining('muted'),
    });
    await audio.commands.pause(guildKey, member());
    await audio.commands.resume(guildKey, member());
    expect(playing()?.paused).toBe(true);
    voice.setSilenced(lounge, undefined);
    await eventually(() => playing()?.paused).toBe(false);
    const player = await audio.commands.read(guildKey);
    expect(player).toMatchObject({ state: 'playing', reason: null });
    expect(player.positionMs).toBeLessThan(10_000);
  });

  test('says that a full channel cannot be entered after five seconds, and adds nothing', async () => {
    const { audio, guildKey, voice, clock } = await rig();
    voice.full.add(lounge);
    const answer = audio.commands.enqueue(guildKey, member(), 'golden hour');
    const refused = expect(answer).rejects.toMatchObject({ code: 'player.voice-unavailable' });
    await eventually(() => voice.sent.length).toBe(1);
    clock.advance(5_000);
    await refused;
    expect(voice.sent.at(-1)?.channel).toBeNull();
    expect(await audio.commands.read(guildKey)).toMatchObject({ state: 'idle', queueLength: 0, voiceChannel: null });
  });

  test.each([
    'http://127.0.0.1/a.mp3',
    'http://localhost/a.mp3',
    'https://user:pass@music.sandbox.test/track/low-water',
    'https://music.sandbox.test:8443/track/low-water',
    'https://music.sandbox.test.evil.example/track/low-water',
    'file:///etc/passwd',
    'http://2130706433/',
    'http://[::1]/a.mp3',
  ])('refuses %s before anything is asked of a node', async (url) => {
    const { audio, guildKey, voice } = await rig();
    await expect(audio.commands.enqueue(guildKey, member(), url)).rejects.toMatchObject({ code: 'player.url-refused' });
    await expect(audio.commands.search(guildKey.tenant, url)).rejects.toMatchObject({ code: 'player.url-refused' });
    expect(voice.sent).toEqual([]);
  });

  test('says that nothing was found, and that a source failed, in words', async () => {
    const { audio, guildKey } = await rig();
    await expect(audio.commands.enqueue(guildKey, member(), 'nothing')).rejects.toMatchObject({
      code: 'player.nothing-found',
    });
    await expect(audio.commands.enqueue(guildKey, member(), 'error:common:Not in your country')).rejects.toMatchObject({
      code: 'player.load-failed',
      message: expect.stringContaining('Not in your country'),
    });
    await expect(audio.commands.enqueue(guildKey, member(), 'error:fault:java.secret.Path')).rejects.toMatchObject({
      message: expect.not.stringContaining('secret'),
    });
  });

  test('searches for autocomplete without touching the player', async () => {
    const { audio, guildKey } = await rig();
    const { tracks } = await audio.commands.search(guildKey.tenant, 'harbour');
    expect(tracks[0]).toMatchObject({ title: 'Harbour Lights', lengthMs: 214_000 });
    expect(await audio.commands.search(guildKey.tenant, 'nothing')).toEqual({ tracks: [] });
    expect((await audio.commands.read(guildKey)).version).toBe(0);
  });

  test('refuses more than ten thousand waiting tracks, after adding what fits', async () => {
    const { audio, guildKey } = await rig();
    const all = 'https://music.sandbox.test/playlist/long-10000';
    expect(await audio.commands.enqueue(guildKey, member(), all)).toMatchObject({ addedCount: 10_000, leftOut: [] });
    expect(await audio.commands.enqueue(guildKey, member(), bells)).toMatchObject({
      addedCount: 1,
      leftOut: [{ reason: 'queue-full', count: 6 }],
    });
    await expect(audio.commands.enqueue(guildKey, member(), bells)).rejects.toMatchObject({
      code: 'player.queue-full',
      message: /10000 tracks/,
    });
    const { queueLength, later = 0, queue } = await audio.commands.read(guildKey);
    expect([queueLength + later, queue.length]).toEqual([10_000, 100]);
  });
});

test('says that uploaded files are for the operator to allow', async () => {
  const { audio, guildKey } = await rig();
  const file = 'https://cdn.discordapp.com/attachments/1/2/a.mp3?ex=1&is=1&hm=1';
  await expect(audio.commands.enqueue(guildKey, member(), file)).rejects.toMatchObject({
    code: 'player.files-refused',
  });
});

describe('picking', () => {
  test('adds what was picked in its order, and leaves out what cannot be loaded', async () => {
    const { audio, guildKey } = await rig();
    const links = [track('low-water'), track('no-such-track'), track('golden-hour')];
    const answer = await audio.commands.pick(guildKey, member(), links);
    expect(answer).toMatchObject({ addedCount: 2, leftOut: [{ reason: 'not-loaded', count: 1 }] });
    expect(answer.player).toMatchObject({ current: { title: 'Low Water' }, queue: [{ title: 'Golden Hour' }] });
    await expect(audio.commands.pick(guildKey, member(), [track('no-such-track')])).rejects.toMatchObject({
      code: 'player.nothing-found',
    });
    await expect(audio.commands.pick(guildKey, member(), ['https://10.0.0.1/a.mp3'])).rejects.toMatchObject({
      code: 'player.url-refused',
    });
    expect((await audio.commands.read(guildKey)).queueLength).toBe(1);
  });
});

describe('controlling', () => {
  async function playingRig() {
    const made = await rig();
    await made.audio.commands.enqueue(made.guildKey, member(), 'https://music.sandbox.test/playlist/harbour-lights');
    await eventually(() => made.playing()?.connected).toBe(true);
    await eventually(async () => causes(made.seen)).toContain('track-start');
    return made;
  }

  test('pauses where it is and goes on from there; asking twice changes nothing', async () => {
    const { audio, guildKey, playing, clock } = await playingRig();
    clock.advance(30_000);
    const paused = await audio.commands.pause(guildKey, member());
    expect(paused).toMatchObject({ state: 'paused' });
    expect(paused.positionMs).toBeGreaterThanOrEqual(29_000);
    expect(playing()).toMatchObject({ paused: true, positionMs: 30_000 });
    clock.advance(60_000);
    expect((await audio.commands.pause(guildKey, member())).version).toBe(paused.version);
    expect((await audio.commands.read(guildKey)).positionMs).toBe(paused.positionMs);
    expect(await audio.commands.resume(guildKey, member())).toMatchObject({ state: 'playing' });
    clock.advance(5_000);
    expect(playing()).toMatchObject({ paused: false, positionMs: 35_000 });
  });

  test('sets the volume at the node and keeps it for the next track', async () => {
    const { audio, guildKey, playing } = await playingRig();
    expect(await audio.commands.setVolume(guildKey, member(), 40)).toMatchObject({ volume: 40 });
    expect(playing()?.volume).toBe(40);
    await audio.commands.skip(guildKey, member());
    await eventually(() => playing()).toMatchObject({ title: 'Salt on the Window', volume: 40 });
  });

  test('skips to the next, and with the last one into silence', async () => {
    const { audio, guildKey, playing, voice } = await playingRig();
    for (const title of ['Salt on the Window', 'Slow Ferry Home', 'Paper Lighthouse']) {
      expect((await audio.commands.skip(guildKey, member())).player).toMatchObject({ current: { title } });
      expect(playing()?.title).toBe(title);
    }
    expect((await audio.commands.skip(guildKey, member())).player).toMatchObject({ state: 'idle', current: null });
    expect(playing()?.title).toBeNull();
    expect(voice.where(guildKey)).toBe(lounge);
    await expect(audio.commands.skip(guildKey, member())).rejects.toMatchObject({ code: 'player.nothing-plays' });
  });

  test('stops: empties the queue, leaves voice, and removes the player', async () => {
    const { audio, guildKey, playing, voice, seen } = await playingRig();
    expect(await audio.commands.stop(guildKey, member())).toMatchObject({
      state: 'idle',
      queueLength: 0,
      voiceChannel: null,
    });
    expect(playing()).toBeUndefined();
    expect(voice.where(guildKey)).toBeUndefined();
    await expect(audio.commands.stop(guildKey, member())).rejects.toMatchObject({ code: 'player.nothing-plays' });
    expect(seen.filter((event) => event.kind === 'player' && event.cause === 'stop')).toHaveLength(1);
  });

  test('leaves with the queue kept, and comes back to whoever resumes, with the track where it was', async () => {
    const { audio, guildKey, playing, voice, clock } = await rig();
    await audio.commands.enqueue(guildKey, member(), 'https://music.sandbox.test/playlist/harbour-lights');
    await eventually(() => playing()?.connected).toBe(true);
    await eventually(async () => (await audio.commands.read(guildKey)).state).toBe('playing');
    clock.advance(30_000);
    const left = await audio.commands.operate(guildKey, member(), 'leave', undefined);
    expect(left).toMatchObject({ count: 4, player: { state: 'idle', voiceChannel: null, queueLength: 4 } });
    await eventually(() => voice.where(guildKey)).toBeUndefined();
    expect(playing()).toBeUndefined();
    await expect(audio.commands.operate(guildKey, member(), 'leave', undefined)).rejects.toMatchObject({
      code: 'player.not-in-voice',
    });
    await expect(audio.commands.operate(guildKey, member(), 'jump', { position: 2 })).rejects.toMatchObject({
      code: 'player.not-in-voice',
    });
    await expect(audio.commands.resume(guildKey, member(null))).rejects.toMatchObject({
      code: 'player.member-not-in-voice',
    });
    await audio.commands.resume(guildKey, member(otherLounge));
    await eventually(() => playing()).toMatchObject({
      title: 'Harbour Lights',
      channelId: otherLounge,
      connected: true,
    });
    expect(playing()?.positionMs).toBeGreaterThanOrEqual(30_000);
    // The same after /join.
    await audio.commands.operate(guildKey, member(otherLounge), 'leave', undefined);
    await audio.commands.operate(guildKey, member(), 'join', undefined);
    await audio.commands.resume(guildKey, member());
    await eventually(() => playing()).toMatchObject({ title: 'Harbour Lights', channelId: lounge, connected: true });
    expect(playing()?.positionMs).toBeGreaterThanOrEqual(30_000);
    await audio.commands.operate(guildKey, member(), 'leave', undefined);
    clock.advance(60 * 60_000);
    expect(await audio.commands.read(guildKey)).toMatchObject({ queueLength: 0 });
    expect(await audio.commands.slice(guildKey, { from: 0, limit: 9 })).toMatchObject({ entries: [] });
    await expect(audio.commands.resume(guildKey, member())).rejects.toMatchObject({ code: 'player.nothing-plays' });
  });

  test.each(['pause', 'resume', 'skip', 'stop'] as const)(
    'refuses to %s for a member who does not listen',
    async (name) => {
      const { audio, guildKey } = await playingRig();
      const before = await audio.commands.read(guildKey);
      await expect(audio.commands[name](guildKey, member(otherLounge))).rejects.toMatchObject({
        code: 'player.other-voice-channel',
      });
      await expect(audio.commands[name](guildKey, member(null))).rejects.toMatchObject({
        code: 'player.member-not-in-voice',
      });
      await expect(audio.commands.setVolume(guildKey, member(otherLounge), 1)).rejects.toMatchObject({
        code: 'player.other-voice-channel',
      });
      expect((await audio.commands.read(guildKey)).version).toBe(before.version);
    },
  );

  test('lets somebody at the portal control it, who sits in no channel', async () => {
    const { audio, guildKey } = await playingRig();
    const portal = { kind: 'tenant-member', user: null } as const;
    expect(await audio.commands.pause(guildKey, portal)).toMatchObject({ state: 'paused' });
    const { player } = await audio.commands.enqueue(guildKey, portal, 'low water');
    expect(player.queue.at(-1)).toMatchObject({ title: 'Low Water', requestedBy: null });
  });

  test('remembers the message that shows what plays', async () => {
    const { audio, guildKey, seen } = await playingRig();
    const count = seen.length;
    const message = { channelId: text, messageId: lounge };
    expect(await audio.commands.setMessage(guildKey, message)).toMatchObject({ message });
    expect((await audio.commands.read(guildKey)).message).toEqual(message);
    expect(await audio.commands.setMessage(guildKey, null)).toMatchObject({ message: null });
    expect(seen).toHaveLength(count);
  });
});

describe('tenants', () => {
  test("cannot see or touch each other's player in the same guild", async () => {
    const { audio, guildKey, tenants, seen, playing } = await rig();
    await audio.commands.enqueue(guildKey, member(), 'golden hour');
    const other = { tenant: tenants[1], guild: guildKey.guild };
    expect(await audio.commands.read(other)).toMatchObject({ state: 'idle', version: 0, current: null });
    await expect(audio.commands.skip(other, member())).rejects.toMatchObject({ code: 'player.nothing-plays' });
    await expect(audio.commands.stop(other, member())).rejects.toMatchObject({ code: 'player.nothing-plays' });
    await eventually(() => causes(seen)).toContain('track-start');
    const before = seen.length;
    await audio.commands.enqueue(other, member(otherLounge), 'low water');
    await audio.commands.deleteSessions(other.tenant);
    expect(seen).toHaveLength(before);
    expect(playing()).toMatchObject({ title: 'Golden Hour', channelId: lounge });
    expect(await audio.commands.read(guildKey)).toMatchObject({ current: { title: 'Golden Hour' } });
  });

  test('deletes everything of a tenant: players, voice and what is stored', async () => {
    const { audio, guildKey, playing, voice, node } = await rig();
    await audio.commands.enqueue(guildKey, member(), bells);
    await audio.commands.deleteSessions(guildKey.tenant);
    await audio.commands.deleteSessions(guildKey.tenant);
    expect(playing()).toBeUndefined();
    expect(voice.where(guildKey)).toBeUndefined();
    expect(await audio.commands.read(guildKey)).toMatchObject({ version: 0, queueLength: 0 });
    await eventually(() => node.control.view().sessions.filter(({ attached }) => attached)).toEqual([]);
  });
});

function causes(seen: AudioRig['seen']): string[] {
  return seen.flatMap((event) => (event.kind === 'player' ? [event.cause] : []));
}
