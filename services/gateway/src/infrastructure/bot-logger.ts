import process from 'node:process';
import { describeError } from './describe-error.ts';
import type { BotLogger } from '../application/bot-ports.ts';

const levels = { trace: 10, debug: 20, info: 30, warn: 40, error: 50 } as const;
type Level = keyof typeof levels;

const isLevel = (text: string): text is Level => Object.hasOwn(levels, text);

/**
 * One JSON line per event on stderr, with the field names of infra/logger but without its size: the supervisor that
 * reads the lines bounds and redacts them and writes them to the platform's log.
 */
export function createBotLogger(levelName: string, write: (line: string) => void = writeToStderr): BotLogger {
  const least = levels[isLevel(levelName) ? levelName : 'info'];
  const at = (level: Level) => (fields: Readonly<Record<string, unknown>>, message: string) => {
    if (levels[level] < least) return;
    const { err, ...rest } = fields;
    write(
      JSON.stringify({
        level: levels[level],
        ...rest,
        ...(err === undefined ? {} : { err: describeError(err) }),
        msg: message,
      }),
    );
  };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}

const writeToStderr = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
