import { parentPort, workerData } from 'node:worker_threads';
import { parseBoundedYaml, YamlFault } from './bounded-yaml.ts';
import { BailiwickError } from './errors.ts';
import type { YamlReading } from './yaml-thread.ts';

/** Entry point of the thread that yaml-thread.ts starts for one document. */
parentPort?.postMessage(reading(String(workerData)), []);

function reading(text: string): YamlReading {
  try {
    return { value: parseBoundedYaml(text) };
  } catch (error) {
    if (error instanceof YamlFault) return { notYaml: error.message };
    if (error instanceof BailiwickError) return { code: error.code, message: error.message };
    throw error;
  }
}
