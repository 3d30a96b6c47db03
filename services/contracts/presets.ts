/** Ready-made filters; several can be on at once. */
export const presetNames = [
  'bassboost',
  'treble',
  'pop',
  'rock',
  'electronic',
  'soft',
  'nightcore',
  'vaporwave',
  'eightd',
  'karaoke',
  'tremolo',
  'vibrato',
  'distortion',
  'mono',
] as const;
export type Preset = (typeof presetNames)[number];
