import { execFileSync } from 'node:child_process';
import { accessSync, constants, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type { TestTagDefinition } from 'vitest/config';
import { chromiumFile } from './chromium.ts';

declare module 'vitest' {
  interface TaskMeta {
    /** Why a test was skipped on this machine. */
    missing?: string;
    /** Whether continuous integration may run on a machine that lacks it. */
    mayLack?: boolean;
  }
}

const isLinux = process.platform === 'linux';
const isRoot = process.getuid?.() === 0;

interface Need {
  readonly what: string;
  readonly met: boolean;
  /** Whether the CI machine may lack it; only for what cannot be provided there. */
  readonly mayLack: boolean;
}

/**
 * What tests may need of their machine. A test declares it as a tag, `test('…', { tags: 'root' }, …)`, a whole file as
 * `@module-tag`. Detected here and not by the code under test, which could be wrong about it.
 */
const needs = {
  posix: { what: 'files with POSIX modes', met: process.platform !== 'win32', mayLack: true },
  linux: { what: 'Linux', met: isLinux, mayLack: true },
  root: { what: 'Linux and root', met: isLinux && isRoot, mayLack: !isLinux },
  namespaces: {
    what: 'Linux, root and the right to make namespaces (CAP_SYS_ADMIN)',
    met: isLinux && isRoot && runs('unshare', '--net', '--ipc', '--uts', 'true'),
    mayLack: cannotAdminister(),
  },
  mount: {
    what: 'Linux, root and the right to mount (CAP_SYS_ADMIN)',
    met: isLinux && isRoot && runs('unshare', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'),
    mayLack: cannotAdminister(),
  },
  chromium: {
    what: 'Chromium (Debian: chromium-headless-shell)',
    met: chromiumFile !== undefined,
    mayLack: false,
  },
  zsh: { what: 'zsh', met: isOnPath('zsh'), mayLack: false },
  fish: { what: 'fish', met: isOnPath('fish'), mayLack: false },
  git: { what: 'a checkout with git', met: existsSync(path.join(import.meta.dirname, '../.git')), mayLack: true },
  python: {
    what: 'Python 3.10 or later with venv (Debian: python3-venv)',
    met: runs('python3', '-c', 'import ensurepip, sys; sys.exit(sys.version_info < (3, 10))'),
    mayLack: false,
  },
  redis: {
    what: 'Redis 7 (Debian: redis-server)',
    met: isOnPath('redis-server'),
    mayLack: false,
  },
  kafka: {
    what: 'Java 17 and Maven (Debian: default-jre-headless, maven)',
    met: isOnPath('java') && isOnPath('mvn'),
    mayLack: false,
  },
  go: { what: 'Go', met: isOnPath('go'), mayLack: false },
} satisfies Record<string, Need>;

/** Tag definitions for vitest's configuration: a test with an unmet need is collected, and skipped with the reason. */
export const tags: TestTagDefinition[] = Object.entries<Need>(needs).map(([name, { what, met, mayLack }]) => ({
  name,
  description: `needs ${what}`,
  ...(met ? {} : { skip: true, meta: { missing: `needs ${what}`, mayLack } }),
}));

function runs(file: string, ...args: readonly string[]): boolean {
  try {
    execFileSync(file, args, { stdio: 'ignore', timeout: 5_000 });
    return true;
  } catch {
    return false;
  }
}

function isOnPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Only Linux has CAP_SYS_ADMIN, and a container may deny it to its root (capabilities(7)). */
function cannotAdminister(): boolean {
  if (!isLinux || !isRoot) return !isLinux;
  const [, effective = '0'] = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return (BigInt(`0x${effective}`) & (1n << 21n)) === 0n;
}
