import type { Readable } from 'node:stream';
import type { Clock } from '#infra/kernel/clock.ts';
import { TokenBucket } from '#infra/kernel/rate-limiter.ts';
import { redactText, type Logger } from '#infra/logger/logger.ts';

const maxLineLength = 2_000;
const lineBudget = { burst: 200, perSec: 20 };
const pauseMs = 1_000;

/**
 * Writes what a bot prints to the platform's log, line by line: cut to 2,000 characters and redacted. A bot that prints
 * more than 20 lines a second loses the rest of what was just read and is then not read from for a second, so it blocks
 * on its own pipe and affects nobody else.
 */
export function relayOutput(output: Readable, logger: Logger, clock: Clock): void {
  const budget = new TokenBucket(lineBudget, () => clock.now());
  let line = '';
  const flush = (): void => {
    if (line.trim().length > 0) writeLine(line, logger);
    line = '';
  };
  output.setEncoding('utf8');
  output.on('data', (text: string) => {
    let spent = false;
    const parts = text.split('\n');
    parts.forEach((part, index) => {
      if (index > 0) {
        if (budget.take()) flush();
        else spent = true;
        line = '';
      }
      if (line.length < maxLineLength) line += part.slice(0, maxLineLength - line.length);
    });
    if (!spent) return;
    output.pause();
    clock.after(pauseMs, () => output.resume());
  });
  output.on('end', flush);
  output.on('error', () => output.destroy());
}

/** A line in the bot's own log format keeps its level; a bot cannot write fields into the platform's log, only text. */
function writeLine(line: string, logger: Logger): void {
  const text = redactText(line);
  const level = levelOf(text);
  logger[level]({ line: text }, 'the bot says');
}

function levelOf(line: string): 'debug' | 'info' | 'warn' | 'error' {
  const level = Number(/^\{"level":(\d{2}),/.exec(line)?.[1] ?? 30);
  if (level >= 50) return 'error';
  if (level >= 40) return 'warn';
  return level >= 30 ? 'info' : 'debug';
}
