import { Agent, request } from 'undici';
import { z } from 'zod';

/** How a process says it is, and why; unreachable when it says nothing. */
export interface ProcessHealth {
  readonly name: string;
  readonly status: 'healthy' | 'degraded' | 'unhealthy' | 'unreachable';
  readonly causes: readonly {
    readonly name: string;
    readonly status: 'healthy' | 'degraded' | 'unhealthy';
    readonly message?: string;
  }[];
  readonly facts: Readonly<Record<string, unknown>>;
  /** Left out when it says nothing. */
  readonly uptimeSec?: number;
}

/** What the processes of the platform say of themselves at their operations listeners (infra/observability). */
export interface Operations extends AsyncDisposable {
  health(): Promise<readonly ProcessHealth[]>;
}

const reportSchema = z.object({
  status: z.enum(['healthy', 'degraded', 'unhealthy']),
  causes: z
    .array(
      z.object({
        name: z.string(),
        status: z.enum(['healthy', 'degraded', 'unhealthy']),
        detail: z.string().optional(),
      }),
    )
    .max(200),
  facts: z.record(z.string(), z.unknown()),
  uptimeSec: z.number().optional(),
});

const timeoutMs = 3_000;
const maxReportBytes = 256 * 1024;

/** Whom to ask: the name of a process, and the address of its operations listener. */
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
      // 503 is how a process says that it is unhealthy; it says why all the same.
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
