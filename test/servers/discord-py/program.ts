import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { expect } from 'vitest';
import { virtualEnvironment } from '../virtual-environment.ts';

const folder = import.meta.dirname;

/** discord.py and lavalink.py; only lavalink.py is built here, since PyPI has only its source. */
export const python = (): Promise<string> =>
  virtualEnvironment(path.join(folder, 'requirements.txt'), ['--no-binary=lavalink']);

/** A report of the bot. */
export interface Told {
  readonly what: string;
  readonly [more: string]: unknown;
}

/** bot.py, running. Disposing closes its stdin, at which it exits. */
export class PythonBot implements AsyncDisposable {
  readonly told: Told[] = [];
  readonly #child: ChildProcess;
  readonly #exit: Promise<unknown[]>;
  readonly #waiting = new Set<() => void>();
  #errors = '';

  constructor(program: string, settings: object) {
    const { PATH = '' } = process.env;
    this.#child = spawn(program, ['-u', path.join(folder, 'bot.py')], { env: { PATH }, stdio: 'pipe' });
    this.#exit = once(this.#child, 'exit');
    this.#child.on('exit', () => this.#check());
    this.#child.stderr?.on('data', (bytes: Buffer) => {
      this.#errors = (this.#errors + bytes.toString()).slice(-20_000);
    });
    if (this.#child.stdout) {
      createInterface(this.#child.stdout).on('line', (line) => {
        this.told.push(JSON.parse(line) as Told);
        this.#check();
      });
    }
    this.#write(settings);
  }

  /** All its reports of one kind so far. */
  all(what: string): Told[] {
    return this.told.filter((told) => told.what === what);
  }

  /** Asks the bot to do something, and resolves when it is done. */
  async do(what: string, more: object = {}): Promise<void> {
    const before = this.#done(what);
    this.#write({ do: what, ...more });
    await this.until(() => this.#done(what) > before);
  }

  /**
   * Resolves when its reports satisfy the condition; rejects at once when the bot fails. The test's timeout ends a
   * futile wait.
   */
  async until(fits: () => boolean): Promise<void> {
    const met = Promise.withResolvers<void>();
    const check = () => {
      if (fits() || this.all('error').length > 0 || this.#child.exitCode !== null) met.resolve();
    };
    this.#waiting.add(check);
    check();
    await met.promise;
    this.#waiting.delete(check);
    expect(this.all('error')).toEqual([]);
    expect(this.#child.exitCode, this.#errors).toBeNull();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin?.end();
    const stuck = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    const [code] = await this.#exit;
    clearTimeout(stuck);
    expect(code, this.#errors).toBe(0);
  }

  #check(): void {
    for (const check of this.#waiting) check();
  }

  #done(what: string): number {
    return this.all('did').filter((told) => told['do'] === what).length;
  }

  #write(line: object): void {
    this.#child.stdin?.write(`${JSON.stringify(line)}\n`);
  }
}
