import { describe, expect, test } from 'vitest';
import { snowflake } from '#infra/kernel/ids.ts';
import { testEntry } from '../../testing/test-entry.ts';
import { emptySession, type Session } from '../domain/session.ts';
import { channelToPlayIn, mustListen, type Asker } from './member-rules.ts';
import type { VoiceState } from './ports.ts';

const [here, there] = [snowflake('10'), snowflake('11')];
const asker: Asker = { kind: 'discord', user: snowflake('1'), channel: snowflake('2'), voiceChannel: here };
const idle: Session = { ...emptySession(snowflake('3')), voiceChannel: there };
const entry = testEntry();
const playing: Session = { ...idle, current: entry };
const voice: VoiceState = { channelId: there, userId: snowflake('4'), sessionId: 's', listeners: 2, server: undefined };

describe('a bot that is in another voice channel', () => {
  test('says that it plays there only while it does', () => {
    expect(() => mustListen(asker, playing)).toThrow(/is playing in another voice channel/);
    expect(() => channelToPlayIn(asker, voice, undefined, playing)).toThrow(/is playing in another voice channel/);
    expect(() => mustListen(asker, idle)).not.toThrow();
  });

  test('comes to whoever wants music while it is idle', () => {
    expect(channelToPlayIn(asker, voice, undefined, idle)).toBe(here);
  });

  test('keeps a queue that waits for those who made it, and says so', () => {
    expect(() => mustListen(asker, { ...idle, queue: [entry] })).toThrow(/Nothing is playing, but the queue/);
    expect(() => mustListen({ ...asker, voiceChannel: there }, { ...idle, queue: [entry] })).not.toThrow();
  });
});
