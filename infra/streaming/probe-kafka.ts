import { Producer } from '@platformatic/kafka';
import type { InstallationId } from '#infra/kernel/ids.ts';
import { kafkaOptions, kafkaReason, survive } from './kafka-connection.ts';
import type { KafkaSettings } from './settings.ts';
import { topicsOf, type Topics } from './topics.ts';

/** Why events could not be sent with these settings, in words for an operator; undefined if they can. Sends none. */
export async function probeKafka(
  settings: KafkaSettings,
  installation: InstallationId,
  topics: Topics,
): Promise<string | undefined> {
  const client = new Producer({ ...kafkaOptions(settings, 'bailiwick-probe'), retries: 0 });
  survive(client);
  try {
    for (const topic of topicsOf(installation, topics, Object.keys(topics))) {
      const why = await client.metadata({ topics: [topic], forceUpdate: true }).then(
        () => undefined,
        (error: unknown) => kafkaReason(error),
      );
      if (why === 'a topic does not exist')
        return `the topic ${topic} does not exist: run infra/deploy/kafka/prepare.sh`;
      if (why !== undefined) return why;
    }
    return undefined;
  } finally {
    await client.close(true).catch(() => undefined);
  }
}
