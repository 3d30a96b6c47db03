import { expect, test } from 'vitest';
import { Hearing } from './hearing.ts';
import { readRtpHeader, rtpHeader } from './rtp.ts';
import { readSoundFrame, setPosition, silenceFrame, soundFrame } from './sound-frame.ts';

function listener() {
  let now = 1_000;
  let sequence = 65_500;
  const hearing = new Hearing(() => now);
  return {
    hearing,
    hear(payload: Buffer, { afterMs = 20, step = 1 } = {}) {
      now += afterMs;
      sequence = (sequence + step) & 0xffff;
      const header = readRtpHeader(rtpHeader(sequence, sequence * 960, 1));
      if (!header) throw new Error('not a voice packet');
      hearing.hear(header, payload);
    },
  };
}

const at = (frame: Buffer, positionMs: number) => Buffer.from(setPosition(frame, positionMs));

test('a frame identifies its track and position; other sound does not', () => {
  const frame = soundFrame('id-1', 'Überfahrt');
  expect(readSoundFrame(setPosition(frame, 1_240))).toEqual({
    identifier: 'id-1',
    title: 'Überfahrt',
    positionMs: 1_240,
  });
  expect(readSoundFrame(silenceFrame)).toBeUndefined();
  expect(readSoundFrame(frame.subarray(0, -1))).toBeUndefined();
  expect(readSoundFrame(Buffer.alloc(200, 0xfc))).toBeUndefined();
});

test('counts each track separately, across the wraparound of sequence numbers', () => {
  const { hearing, hear } = listener();
  const [one, other] = [soundFrame('1', 'One'), soundFrame('2', 'Other')];
  for (let packet = 0; packet < 50; packet += 1) hear(at(one, packet * 20));
  for (let packet = 0; packet < 5; packet += 1) hear(silenceFrame);
  for (let packet = 0; packet < 25; packet += 1) hear(at(other, packet * 20));
  hear(Buffer.from([0xfc, 1, 2, 3]));
  expect(hearing).toMatchObject({ packets: 81, silenceFrames: 5, outOfOrder: 0 });
  expect(hearing.tracks).toMatchObject([
    { title: 'One', packets: 50, seconds: 1, lost: 0, gaps: 0, leaps: 0, fromMs: 0, toMs: 980 },
    { title: 'Other', packets: 25, seconds: 0.5, lost: 0, gaps: 0, leaps: 0 },
    { identifier: null, title: null, packets: 1 },
  ]);
});

test('counts lost packets, gaps, jumps and packets out of order', () => {
  const { hearing, hear } = listener();
  const frame = soundFrame('1', 'One');
  hear(at(frame, 0));
  hear(at(frame, 20), { step: 4 });
  hear(at(frame, 40), { afterMs: 700 });
  hear(at(frame, 90_000));
  hear(at(frame, 90_020), { step: -2 });
  expect(hearing.tracks).toMatchObject([{ packets: 4, lost: 3, gaps: 1, longestGapMs: 700, leaps: 1 }]);
  expect(hearing.outOfOrder).toBe(1);
});

test('a pause announced by silence frames is not a gap', () => {
  const { hearing, hear } = listener();
  const frame = soundFrame('1', 'One');
  hear(at(frame, 0));
  hear(silenceFrame);
  hear(at(frame, 20), { afterMs: 60_000 });
  expect(hearing.tracks).toMatchObject([{ packets: 2, gaps: 0, lost: 0 }]);
});
