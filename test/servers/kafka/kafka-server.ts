import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Admin } from '@platformatic/kafka';
import { kafkaOptions } from '#infra/streaming/kafka-connection.ts';
import type { KafkaSettings } from '#infra/streaming/settings.ts';
import { createAuthority, type Authority } from '#test/authority.ts';
import { freePort } from '#test/free-port.ts';
import { killed } from '../redis/redis-server.ts';

const run = promisify(execFile);
const deployed = path.resolve(import.meta.dirname, '../../../infra/deploy/kafka');
const javaFlags = [
  '-Xmx256m',
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
];
const readyMs = 60_000;
/** With a certificate: listener CERTIFICATES; with a password: listener PASSWORDS. */
const listeners = { sasl: 9092, certificate: 9093, controller: 9094 } as const;
type Ports = Readonly<Record<keyof typeof listeners, number>>;

/** Kafka's own archives from Maven Central, kept between runs. Needs Maven. */
async function archives(): Promise<string> {
  const pom = path.join(import.meta.dirname, 'pom.xml');
  const name = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex')
    .slice(0, 16);
  const kept = path.join(import.meta.dirname, '../../../node_modules/.cache', `kafka-${name}`);
  if (existsSync(kept)) return kept;
  const fresh = `${kept}.${process.pid}`;
  await mkdir(path.dirname(kept), { recursive: true });
  try {
    const goal = 'dependency:copy-dependencies';
    await run('mvn', ['-B', '-ntp', '-q', '-f', pom, goal, '-DincludeScope=runtime', `-DoutputDirectory=${fresh}`]);
    // All or nothing: an interrupted one is loaded again.
    await rename(fresh, kept);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return kept;
}

/**
 * A real broker with the configuration of infra/deploy/kafka, its rights and topics as prepare.sh makes them, and an
 * authority of its own.
 */
export class KafkaServer implements AsyncDisposable {
  readonly #folder: string;
  readonly #archives: string;
  readonly #authority: Authority;
  readonly #ports: Ports;
  readonly #passwords = { worker: randomBytes(24).toString('hex'), stranger: randomBytes(24).toString('hex') };
  readonly #installation: string;
  #child: ChildProcess | undefined;

  private constructor(folder: string, jars: string, authority: Authority, ports: Ports, installation: string) {
    this.#folder = folder;
    this.#archives = jars;
    this.#authority = authority;
    this.#ports = ports;
    this.#installation = installation;
  }

  /** @param topics besides those of infra/deploy/kafka */
  static async start(installation: string, topics: readonly string[] = []): Promise<KafkaServer> {
    const folder = await mkdtemp(path.join(tmpdir(), 'bailiwick-kafka-'));
    const ports = { sasl: await freePort(), certificate: await freePort(), controller: await freePort() };
    const server = new KafkaServer(folder, await archives(), await createAuthority(), ports, installation);
    await server.#configure();
    await server.run();
    await server.#prepare(topics);
    return server;
  }

  /** For the worker, or somebody else whom the broker knows. */
  async settings(
    kind: KafkaSettings['signIn']['kind'] = 'sasl',
    user: 'worker' | 'stranger' = 'worker',
  ): Promise<KafkaSettings> {
    const { certPem, keyPem } = await this.#authority.issue(user);
    return {
      carrier: 'kafka',
      brokers: [`localhost:${this.#ports[kind]}`],
      trustPem: this.#authority.certPem,
      signIn:
        kind === 'sasl' ? { kind, user, password: this.#passwords[user] } : { kind, certificatePem: certPem, keyPem },
    };
  }

  /** As after a crash: with what is on disk. */
  async run(): Promise<void> {
    this.#child = spawn(
      'java',
      [...javaFlags, '-cp', this.#classPath, 'kafka.Kafka', this.#inside('server.properties')],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { PATH: process.env['PATH'] },
      },
    );
    const untilMs = Date.now() + readyMs;
    while (!(await answers(this.#ports.sasl))) {
      if (Date.now() > untilMs || this.#child.exitCode !== null) throw new Error('Kafka does not start');
      await delay(100);
    }
  }

  async kill(): Promise<void> {
    await killed(this.#child);
  }

  /** Connections stay open, and nothing is answered, until `resume`. */
  pause(): void {
    this.#child?.kill('SIGSTOP');
  }

  resume(): void {
    this.#child?.kill('SIGCONT');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.resume();
    await this.kill();
    await rm(this.#folder, { recursive: true, force: true });
  }

  get #classPath(): string {
    return path.join(this.#archives, '*');
  }

  #inside(name: string): string {
    return path.join(this.#folder, name);
  }

  async #configure(): Promise<void> {
    const broker = await this.#authority.issue('localhost');
    const admin = await this.#authority.issue('admin');
    await this.#write('broker.pem', broker.keyPem + broker.certPem);
    await this.#write('authority.pem', this.#authority.certPem);
    await this.#write('admin.pem', admin.keyPem + admin.certPem);
    await this.#write(
      'admin.properties',
      `security.protocol=SSL\nssl.keystore.type=PEM\nssl.keystore.location=${this.#inside('admin.pem')}
ssl.truststore.type=PEM\nssl.truststore.location=${this.#inside('authority.pem')}\n`,
    );
    let text = (await readFile(path.join(deployed, 'server.properties'), 'utf8')).replaceAll('HOST', 'localhost');
    for (const [kind, port] of Object.entries(listeners))
      text = text.replaceAll(`:${port}`, `:${this.#ports[kind as keyof typeof listeners]}`);
    text = text.replaceAll('/etc/kafka/', `${this.#folder}/`).replaceAll('/var/lib/kafka', this.#inside('data'));
    // For tests: usable a second after a kill, groups at once, small topics of its own.
    text = text.replaceAll(/^group[.]consumer.*heartbeat.*\n/gm, '');
    text += `group.initial.rebalance.delay.ms=0\nbroker.session.timeout.ms=1000\nbroker.heartbeat.interval.ms=200
offsets.topic.num.partitions=1
group.consumer.min.heartbeat.interval.ms=200
group.consumer.heartbeat.interval.ms=200\n`;
    await this.#write('server.properties', text);
    const scram = Object.entries(this.#passwords).flatMap(([name, password]) => [
      '--add-scram',
      `SCRAM-SHA-512=[name=${name},password=${password}]`,
    ]);
    const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
    const format = [
      'kafka.tools.StorageTool',
      'format',
      '-t',
      id,
      '-c',
      this.#inside('server.properties'),
      '--standalone',
    ];
    await run('java', [...javaFlags, '-cp', this.#classPath, ...format, ...scram]);
  }

  /** With Kafka's own programs, as its distribution starts them. */
  async #prepare(topics: readonly string[]): Promise<void> {
    const programs = { 'kafka-topics.sh': 'TopicCommand', 'kafka-acls.sh': 'AclCommand' };
    for (const [name, main] of Object.entries(programs))
      await writeFile(
        this.#inside(name),
        `#!/bin/sh\nexec java ${javaFlags.join(' ')} -cp '${this.#classPath}' org.apache.kafka.tools.${main} "$@"\n`,
        { mode: 0o700 },
      );
    const broker = `localhost:${this.#ports.certificate}`;
    const admin = this.#inside('admin.properties');
    await run('sh', [path.join(deployed, 'prepare.sh'), this.#installation, broker, admin], {
      env: { PATH: process.env['PATH'], KAFKA: this.#folder },
    });
    const { certPem, keyPem } = await this.#authority.issue('admin');
    const signIn = { kind: 'certificate', certificatePem: certPem, keyPem } as const;
    const client = new Admin(kafkaOptions({ ...(await this.settings('certificate')), signIn }, 'test'));
    const names = topics.map((topic) => `bailiwick.${this.#installation}.${topic}`);
    await client.createTopics({ topics: names, partitions: 12, replicas: 1 });
    await client.close();
  }

  #write(name: string, text: string): Promise<void> {
    return writeFile(this.#inside(name), text, { mode: 0o600 });
  }
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: 'localhost', port });
    socket.once('connect', () => resolve(true));
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
