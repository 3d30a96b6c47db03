import { flushCompileCache } from 'node:module';
import process from 'node:process';
import type { z } from 'zod';
import { processSettingsSchema, readSettings } from '#infra/config/settings.ts';
import { logSlowStatements } from '#infra/database/slow-statements.ts';
import { createLogger, type Logger } from '#infra/logger/logger.ts';
import { startTracing } from '#infra/observability/tracing.ts';
import { BailiwickError } from './errors.ts';

/** Any schema that includes the common settings of every process. */
type SettingsSchema = z.ZodType<z.infer<typeof processSettingsSchema>>;

export interface Surroundings {
  readonly logger: Logger;
  /** Resources go onto it, and are closed last-in first-out. */
  readonly stack: AsyncDisposableStack;
  /** Ends the process as a failure, with its reason for the log. */
  readonly fail: (why: string) => void;
}

export interface ProcessOptions<Schema extends SettingsSchema> {
  readonly name: string;
  readonly settings: Schema;
  /** Starts everything, and returns where it listens. */
  readonly start: (settings: z.infer<Schema>, surroundings: Surroundings) => Promise<Listening>;
}

export interface Listening {
  readonly port: number;
  readonly opsPort: number;
  /** Only of gateway-proxy. */
  readonly publicPort?: number;
}

/** After this long a stop is forced. */
const stopTimeoutMs = 5_000;

/**
 * Runs a process of the platform: reads its settings, announces readiness as one JSON line on stdout, stops gracefully
 * on SIGTERM and SIGINT, and stops when its parent is gone, which it notices by the end of stdin, so that no orphan
 * remains.
 */
export async function runProcess<Schema extends SettingsSchema>(options: ProcessOptions<Schema>): Promise<void> {
  const { name } = options;
  const logger = createLogger(name);
  const stack = new AsyncDisposableStack();
  let stopping = false;
  const stop = (why: string, code: number): void => {
    if (stopping) return;
    stopping = true;
    logger.info({ why }, 'stopping');
    setTimeout(() => process.exit(code || 1), stopTimeoutMs).unref();
    stack.disposeAsync().then(
      () => process.exit(code),
      (error: unknown) => {
        logger.error({ err: error }, 'stopping failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM', 0));
  process.on('SIGINT', () => stop('SIGINT', 0));
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'uncaught exception');
    stop('uncaught exception', 1);
  });
  process.on('unhandledRejection', (error) => {
    logger.fatal({ err: error }, 'unhandled rejection');
    stop('unhandled rejection', 1);
  });
  followParent(() => stop('the parent process is gone', 0));
  try {
    const tracing = await startTracing(name, process.env);
    if (tracing) stack.use(tracing);
    stack.use(logSlowStatements(logger));
    const settings = await readSettings(options.settings);
    logger.level = settings.logLevel;
    const { port, opsPort, publicPort } = await options.start(settings, {
      logger,
      stack,
      fail: (why) => stop(why, 1),
    });
    // Node would write its compile cache at exit and delay the stop; and a killed process would leave none for the
    // next.
    flushCompileCache();
    process.stdout.write(`${JSON.stringify({ ready: true, process: name, port, opsPort, publicPort })}\n`);
  } catch (error) {
    logger.fatal({ err: error }, 'could not start');
    process.stdout.write(`${JSON.stringify({ ready: false, process: name, error: reasonOf(error) })}\n`);
    stop('start failed', 1);
  }
}

/** For the operator: the parent shows it. */
function reasonOf(error: unknown): string {
  if (error instanceof BailiwickError) return error.operatorMessage ?? error.message;
  return error instanceof Error ? error.message : 'unknown';
}

/** Only if the parent declares that it keeps stdin open; a service started by hand may have none. */
function followParent(gone: () => void): void {
  if (process.env.BAILIWICK_FOLLOW_PARENT !== '1') return;
  process.stdin.on('end', gone);
  process.stdin.on('close', gone);
  process.stdin.on('error', gone);
  process.stdin.resume();
}
