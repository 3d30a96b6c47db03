import type { BotState } from '../api/types.ts';
import { Status, type Tone } from './status.tsx';

const tones: Readonly<Record<BotState['kind'], Tone>> = {
  ready: 'good',
  starting: 'accent',
  'not-set-up': 'quiet',
  'not-in-any-server': 'warn',
  degraded: 'warn',
  unreachable: 'warn',
  stopped: 'quiet',
  suspended: 'bad',
  failed: 'bad',
  deleting: 'bad',
};

/** A bot's state, with the API's own label. */
export const BotStatus = ({ state }: { state: BotState }) => <Status tone={tones[state.kind]}>{state.label}</Status>;
