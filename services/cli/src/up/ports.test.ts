import process from 'node:process';
import { expect, test } from 'vitest';
import { howToRaise, openFileLimit, refuseTooFewFiles } from './open-files.ts';
import { assignedBySystem, listenersToBe, planPorts } from './ports.ts';

const linux = (reserved: string) => async (file: string) =>
  file.endsWith('ip_local_port_range') ? '32768\t60999\n' : `${reserved}\n`;

test('the documented ports are outside the ephemeral range of the system', async () => {
  expect(await assignedBySystem(planPorts(), linux(''))).toBeUndefined();
  expect(await assignedBySystem(planPorts(23_000), linux(''))).toBeUndefined();
});

test.each([34_000, 32_745, 54_320])(
  'a block of ports from %i gets a warning, unless they are reserved',
  async (base) => {
    expect(await assignedBySystem(planPorts(base), linux(''))).toMatch(/32768 to 60999.*--ports below 32768/);
    expect(await assignedBySystem(planPorts(base), linux(`8080,${base}-${base + 39}`))).toBeUndefined();
  },
);

test('there is no warning if the system does not tell', async () => {
  expect(await assignedBySystem(planPorts(34_000), async () => '')).toBeUndefined();
});

test('too low a limit of open files is refused with what to do, before anything is started', async () => {
  expect(() => refuseTooFewFiles(64)).toThrow(/64 files.*1024 are needed.*ulimit -n 4096/);
  for (const enough of [1_024, 1_000_000, undefined]) expect(() => refuseTooFewFiles(enough)).not.toThrow();
  expect(howToRaise(64)).not.toContain('\n');
  if (process.platform === 'linux') expect(await openFileLimit()).toBeGreaterThan(0);
});

test('what runs twice has ports of its own, and only then', () => {
  const portsOf = (base: number | undefined, replicas: number) =>
    listenersToBe(planPorts(base, replicas, 'linux'), { live: undefined, embedded: true });
  for (const base of [undefined, 21_000]) {
    const once = portsOf(base, 1);
    const twice = portsOf(base, 2);
    const twins = ['proxy-2', 'token-service-2', 'api-2', 'worker-2'];
    const second = ['supervisor-2', 'audio-2', 'discord-edge-2', ...twins];
    expect(twice.filter(({ name }) => !once.some((each) => each.name === name)).map(({ name }) => name)).toEqual(
      second.flatMap((name) => [name, `${name}, operations`]),
    );
    expect(new Set(twice.map(({ port }) => port)).size).toBe(twice.length);
    if (base !== undefined) expect(Math.max(...twice.map(({ port }) => port))).toBeLessThan(base + 40);
  }
  expect(planPorts(21_000).processes.map(([name]) => name)).not.toContain('supervisor-2');
});

test('where no system spreads connections among two proxies, one runs', () => {
  const names = planPorts(21_000, 2, 'darwin').processes.map(([name]) => name);
  expect(names).toContain('api-2');
  expect(names).not.toContain('gateway-proxy-2');
  expect(planPorts(21_000, 2, 'darwin').second('proxy')).toBeUndefined();
});
