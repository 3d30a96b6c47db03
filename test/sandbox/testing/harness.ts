import { expect } from 'vitest';
import { stringifyLossless } from '../lossless-json.ts';
import { startSandbox } from '../sandbox.ts';
import type { Sandbox, SandboxOptions } from '../sandbox.ts';
import { createApplication, installApplication } from '../world/applications.ts';
import type { InteractionRecord } from '../world/interactions.ts';
import type { Application, Guild } from '../world/types.ts';
import type { World } from '../world/world.ts';
import type { Seat } from '../world/acting/person.ts';
import { AnswerChecker } from './open-api.ts';

/** A sandbox under test; all its REST responses are checked against Discord's OpenAPI document on disposal. */
export interface Harness extends AsyncDisposable {
  sandbox: Sandbox;
  world: World;
  /** "Harmony Hall". */
  hall: Guild;
  answers: AnswerChecker;
  /** The id of a person of the hall. */
  person(name: string): string;
  /** The id of a channel of the hall. */
  channel(name: string): string;
  /** A person in a channel of the hall. */
  seat(person: string, channel: string): Seat;
  /** A separate application, installed in the hall. */
  newApplication(name?: string, permissions?: bigint): Application;
  /** A request; a bigint in its body is sent as a number. */
  rest(application: Application | null, on: string, body?: unknown): Promise<RawAnswer>;
  /** Resolves when an interaction has reached a state. */
  until(record: InteractionRecord, state: InteractionRecord['state']): Promise<void>;
}

/** The HTTP response. */
interface RawAnswer {
  status: number;
  headers: Headers;
  body: unknown;
}

let applications = 0;

/** Starts a sandbox for one test. */
export async function startHarness(options: SandboxOptions = {}): Promise<Harness> {
  const answers = new AnswerChecker();
  const sandbox = await startSandbox({ ...options, onRestAnswer: answers.check });
  const { world } = sandbox;
  const hall = world.guildByName('Harmony Hall');
  if (!hall) throw new Error('The seed lacks its guild.');
  const named = <T>(found: T | undefined, name: string): T => {
    if (found === undefined) throw new Error(`The seed has no ${name}.`);
    return found;
  };
  const person = (name: string) =>
    named(
      hall.members.find((member) => world.user(member.userId).globalName === name),
      name,
    ).userId;
  const channel = (name: string) =>
    named(
      hall.channels.find((candidate) => candidate.name === name),
      name,
    ).id;
  return {
    sandbox,
    world,
    hall,
    answers,
    person,
    channel,
    seat: (who, where) => ({ guildId: hall.id, userId: person(who), channelId: channel(where) }),
    newApplication: (name = `Bot ${(applications += 1)}`, permissions) => {
      const application = createApplication(world, name, person('Ada'));
      installApplication(world, hall.id, application.id, permissions);
      return application;
    },
    rest: async (application, on, body) => {
      const [method = 'GET', path = '/'] = on.split(' ');
      const response = await fetch(`${sandbox.discord.apiUrl}/v10${path}`, {
        method,
        headers: {
          ...(application ? { authorization: `Bot ${application.token}` } : {}),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: stringifyLossless(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get('content-type')?.includes('json');
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
    },
    until: (record, state) => waitFor(world, () => record.state === state),
    [Symbol.asyncDispose]: async () => {
      await sandbox[Symbol.asyncDispose]();
      expect(answers.violations).toEqual([]);
    },
  };
}

/** Resolves at the change of the world that makes a condition true; the test's timeout ends a futile wait. */
export async function waitFor(world: World, condition: () => boolean): Promise<void> {
  const met = Promise.withResolvers<void>();
  const stop = world.listen(() => {
    if (condition()) met.resolve();
  });
  if (condition()) met.resolve();
  await met.promise;
  stop();
}
