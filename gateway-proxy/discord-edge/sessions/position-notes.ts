import type { SessionInfo } from '@discordjs/ws';
import type { Clock } from '#infra/kernel/clock.ts';
import type { Dispatch } from '../state/guild-book.ts';
import { isTalk } from '../state/talk.ts';
import type { SessionSaver } from './session-saver.ts';

/** Talk alone moves the saved position only so often: what is sent again is counted once. */
const talkEveryMs = 30_000;

/** How far a session was followed, as the saver has to know it. */
export class PositionNotes {
  readonly #saver: SessionSaver;
  readonly #clock: Clock;
  #notedMs = 0;

  constructor(saver: SessionSaver, clock: Clock) {
    this.#saver = saver;
    this.#clock = clock;
  }

  /** Called after a dispatch has been handled. */
  note(dispatch: Dispatch, position: SessionInfo): void {
    const nowMs = this.#clock.now();
    if (isTalk(dispatch) && nowMs - this.#notedMs < talkEveryMs) return;
    this.#notedMs = nowMs;
    this.#saver.note(position, dispatch.t === 'READY' || dispatch.t === 'RESUMED');
  }
}
