import process from 'node:process';
import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';

/**
 * Reports which tests were skipped, and why (test/needs.ts). Fails in continuous integration if the machine should have
 * had what they need, or if a test is skipped for any reason not listed there.
 */
export default class SkippedTests implements Reporter {
  #isSelection = false;

  onInit(vitest: Vitest): void {
    const { testNamePattern, tagsFilter } = vitest.config;
    this.#isSelection = testNamePattern !== undefined || tagsFilter !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const all = modules.flatMap((module) => [...module.children.allTests('skipped')]);
    // A run of selected tests skips all the others, which means nothing.
    const skipped = this.#isSelection ? all.filter((test) => test.meta().missing !== undefined) : all;
    if (skipped.length === 0) return;
    process.stdout.write(`${skipped.length} skipped:\n`);
    for (const test of skipped) process.stdout.write(`  ${nameOf(test)}\n    ${reasonOf(test)}\n`);
    const wrong = skipped.filter((test) => test.meta().mayLack !== true).length;
    if (!process.env['CI'] || wrong === 0) return;
    process.stdout.write(`FAILED: ${wrong} of the skipped tests should run on a machine of continuous integration\n`);
    process.exitCode = 1;
  }
}

const nameOf = (test: TestCase): string => `${test.module.relativeModuleId} > ${test.fullName}`;

const reasonOf = (test: TestCase): string => test.meta().missing ?? (skipNote(test) || 'for no reason that it names');

function skipNote(test: TestCase): string | undefined {
  const result = test.result();
  return result.state === 'skipped' ? result.note : undefined;
}
