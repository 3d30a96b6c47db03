import type { Command } from '../framework/command.ts';
import { nowplaying } from './nowplaying.ts';
import { pause } from './pause.ts';
import { play } from './play.ts';
import { queue } from './queue.ts';
import { resume } from './resume.ts';
import { skip } from './skip.ts';
import { stop } from './stop.ts';
import { volume } from './volume.ts';

/** Every command of the bot; policies/commands.ts says what each may lead to. */
export const commands = [play, pause, resume, skip, stop, queue, nowplaying, volume] as unknown as readonly Command[];
