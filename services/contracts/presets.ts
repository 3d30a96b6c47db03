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

/** In English. */
export const presetLabels: Readonly<Record<Preset, string>> = {
  bassboost: 'Bass boost',
  treble: 'Treble boost',
  pop: 'Pop',
  rock: 'Rock',
  electronic: 'Electronic',
  soft: 'Soft',
  nightcore: 'Nightcore',
  vaporwave: 'Vaporwave',
  eightd: '8D',
  karaoke: 'Karaoke',
  tremolo: 'Tremolo',
  vibrato: 'Vibrato',
  distortion: 'Distortion',
  mono: 'Mono',
};
