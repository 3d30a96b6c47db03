import { Agent, request } from 'undici';
import { z } from 'zod';
import { healthStatuses, type HealthStatus } from './health.ts';

/** The status of a process as seen from outside, from best to worst. */
export const processStatuses = [...healthStatuses, 'unreachable'] as const;

/** The health that a process reports, and the causes; unreachable if it does not respond. */
export interface ProcessHealth {
  readonly name: string;
  readonly status: (typeof processStatuses)[number];
  readonly causes: readonly {
    readonly name: string;
    readonly status: HealthStatus;
    readonly message?: string;
    readonly state?: string;
    readonly since?: string;
  }[];
  readonly facts: Readonly<Record<string, unknown>>;
  /** Omitted if it does not respond. */
  readonly uptimeSec?: number;
}

/** What the platform's processes report at their operations listeners (infra/observability). */
export interface Operations extends AsyncDisposable {
  health(): Promise<readonly ProcessHealth[]>;
}

const reportSchema = z.object({
  status: z.enum(healthStatuses),
  causes: z
    .array(
      z.object({
        name: z.string(),
        status: z.enum(healthStatuses),
        detail: z.string().optional(),
        state: z.string().optional(),
        since: z.iso.datetime().optional(),
      }),
    )
    .max(200),
  facts: z.record(z.string(), z.unknown()),
  uptimeSec: z.number().optional(),
});

const timeoutMs = 3_000;
const maxReportBytes = 256 * 1024;

/** A process to ask: its name, and the address of its operations listener. */
export interface Asked {
  readonly name: string;
  readonly url: string;
}

export function createOperations(processes: readonly Asked[]): Operations {
  const agent = new Agent({
    connect: { timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    maxResponseSize: maxReportBytes,
  });
  const ask = async ({ name, url }: Asked): Promise<ProcessHealth> => {
    try {
      // An unhealthy process responds with 503, and still states the causes.
      const answer = await request(new URL('/health', url), {
        dispatcher: agent,
        signal: AbortSignal.timeout(timeoutMs),
      });
      const { status, causes, facts, uptimeSec } = reportSchema.parse(await answer.body.json());
      const told = causes.map(({ detail, ...cause }) => ({
        ...cause,
        ...(detail === undefined ? {} : { message: detail }),
      }));
      return { name, status, causes: told, facts, ...(uptimeSec === undefined ? {} : { uptimeSec }) };
    } catch (error) {
      const message =
        error instanceof z.ZodError ? 'It answers something else than a health report.' : 'It does not answer.';
      return { name, status: 'unreachable', causes: [{ name: 'process', status: 'unhealthy', message }], facts: {} };
    }
  };
  return {
    health: () => Promise.all(processes.map(ask)),
    async [Symbol.asyncDispose]() {
      await agent.destroy();
    },
  };
}
