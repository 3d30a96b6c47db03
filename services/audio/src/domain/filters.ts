import type { Player } from '#services/contracts/player.ts';
import { presetLabels, presetNames, type Preset } from '#services/contracts/presets.ts';

/** What changes the sound of everything that plays, until it is turned off or the music is stopped. */
export interface Filters {
  /** All of them apply at once. */
  readonly presets: readonly Preset[];
  /** Percent, 50 to 200; a preset's speed and pitch are multiplied with these. */
  readonly speed: number;
  readonly pitch: number;
  /** Percent, -25 to 100; a preset's gains are added to these. */
  readonly equaliser: { readonly bass: number; readonly mid: number; readonly treble: number };
}

export const noFilters: Filters = {
  presets: [],
  speed: 100,
  pitch: 100,
  equaliser: { bass: 0, mid: 0, treble: 0 },
};

/** Lavalink's filters (docs/api/rest.md, "Filters"); what is left out is off. */
export interface NodeFilters {
  readonly equalizer?: readonly { readonly band: number; readonly gain: number }[];
  readonly timescale?: { readonly speed: number; readonly pitch: number };
  readonly karaoke?: object;
  readonly tremolo?: object;
  readonly vibrato?: object;
  readonly rotation?: object;
  readonly distortion?: object;
  readonly channelMix?: object;
  readonly lowPass?: object;
}

interface Definition {
  /** Gains of bass, mid and treble, in percent. */
  readonly gains?: readonly [bass: number, mid: number, treble: number];
  readonly timescale?: { readonly speed: number; readonly pitch: number };
  readonly effect?: Omit<NodeFilters, 'equalizer' | 'timescale'>;
}

const definitions: Readonly<Record<Preset, Definition>> = {
  bassboost: { gains: [25, 0, 0] },
  treble: { gains: [0, 0, 25] },
  pop: { gains: [-5, 15, -5] },
  rock: { gains: [15, -5, 15] },
  electronic: { gains: [20, -5, 10] },
  soft: { effect: { lowPass: { smoothing: 20 } } },
  nightcore: { timescale: { speed: 1.2, pitch: 1.2 } },
  vaporwave: { timescale: { speed: 0.85, pitch: 0.8 } },
  eightd: { effect: { rotation: { rotationHz: 0.2 } } },
  karaoke: { effect: { karaoke: { level: 1, monoLevel: 1, filterBand: 220, filterWidth: 100 } } },
  tremolo: { effect: { tremolo: { frequency: 4, depth: 0.75 } } },
  vibrato: { effect: { vibrato: { frequency: 4, depth: 0.75 } } },
  distortion: { effect: { distortion: { sinOffset: 0, sinScale: 1, offset: 0, scale: 1.2 } } },
  mono: {
    effect: { channelMix: { leftToLeft: 0.5, leftToRight: 0.5, rightToLeft: 0.5, rightToRight: 0.5 } },
  },
};

/** Lavalink's equaliser has 15 bands. */
const bands = 15;
const groupOf = (band: number): 0 | 1 | 2 => (band < 5 ? 0 : band < 10 ? 1 : 2);

/** Several presets of one kind add up, within what Lavalink and a listener bear. */
export function nodeFiltersOf({ presets, speed, pitch, equaliser }: Filters): NodeFilters {
  const chosen = presets.map((name) => definitions[name]);
  const own = [equaliser.bass, equaliser.mid, equaliser.treble] as const;
  const gains = own.map((gain, group) => chosen.reduce((sum, { gains: more }) => sum + (more?.[group] ?? 0), gain));
  const scale = (of: 'speed' | 'pitch', percent: number): number =>
    between(
      0.25,
      chosen.reduce((product, { timescale }) => product * (timescale?.[of] ?? 1), percent / 100),
      3,
    );
  const timescale = { speed: scale('speed', speed), pitch: scale('pitch', pitch) };
  return {
    ...Object.assign({}, ...chosen.map(({ effect }) => effect ?? {})),
    ...(gains.some((gain) => gain !== 0)
      ? {
          equalizer: Array.from({ length: bands }, (_, band) => ({
            band,
            gain: between(-0.25, (gains[groupOf(band)] ?? 0) / 100, 1),
          })),
        }
      : {}),
    ...(timescale.speed === 1 && timescale.pitch === 1 ? {} : { timescale }),
  };
}

const between = (min: number, value: number, max: number): number =>
  Math.min(max, Math.max(min, Math.round(value * 1_000) / 1_000));

/** Ms of track that pass in one ms. */
export const speedOf = (filters: Filters): number => nodeFiltersOf(filters).timescale?.speed ?? 1;

/** Turns a preset on, or off if it is on. */
export const toggled = (filters: Filters, preset: Preset): Filters => ({
  ...filters,
  presets: filters.presets.includes(preset)
    ? filters.presets.filter((name) => name !== preset)
    : presetNames.filter((name) => name === preset || filters.presets.includes(name)),
});

const isFlat = ({ equaliser }: Filters): boolean => Object.values(equaliser).every((gain) => gain === 0);

/** What is on, as data. */
export const filterValues = (filters: Filters): Player['filterValues'] => ({
  presets: [...filters.presets],
  speed: filters.speed,
  pitch: filters.pitch,
  equaliser: !isFlat(filters),
});

/** What is on, for members: `Bass boost`, `Speed 120 %`. */
export function filterWords(filters: Filters): string[] {
  const { presets, speed, pitch } = filters;
  return [
    ...presets.map((name) => presetLabels[name]),
    ...(speed === 100 ? [] : [`Speed ${speed} %`]),
    ...(pitch === 100 ? [] : [`Pitch ${pitch} %`]),
    ...(isFlat(filters) ? [] : ['Equaliser']),
  ];
}
