import { harmonyHall, type HarmonyHall } from '#test/e2e/harmony-hall.ts';
import { createInstallation, type HostedTenant, type Installation, type RunningPlatform } from '#test/e2e/platform.ts';

/** The common setup of these tests: a running platform, and one tenant with its bot in Harmony Hall. */
export interface Hall {
  readonly installation: Installation;
  readonly platform: RunningPlatform;
  readonly hall: HarmonyHall;
  readonly tenant: HostedTenant;
}

/** Closed with the stack. */
export async function openHall(stack: AsyncDisposableStack, tenantName: string): Promise<Hall> {
  const installation = stack.use(await createInstallation());
  const platform = stack.use(await installation.start());
  const hall = await harmonyHall(platform.sandbox);
  return { installation, platform, hall, tenant: await platform.onboard(tenantName, hall.guild) };
}
