import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { Consumer } from '@platformatic/kafka';
import fastify from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { CloudEvent } from '#infra/streaming/cloud-event.ts';
import { kafkaOptions } from '#infra/streaming/kafka-connection.ts';
import type { KafkaSettings } from '#infra/streaming/settings.ts';
import type { ApiPorts, ApiRoutes } from '#services/api/src/routes/api-routes.ts';
import { schemaRegistryRoutes } from '#services/api/src/routes/schema-registry.ts';
import { installation } from './kafka-bus.ts';

/**
 * A tenant's events on a topic, as somebody reads them who knows nothing of the platform but the address of its registry. Who may
 * read that is tried where the api is (test/integration/api-operators.test.ts).
 */
export async function readBySchema(
  settings: KafkaSettings,
  topic: string,
  tenant: string,
  count: number,
): Promise<CloudEvent[]> {
  const app = fastify();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  const typed = app.withTypeProvider<ZodTypeProvider>() as unknown as Parameters<ApiRoutes>[0];
  schemaRegistryRoutes(typed, { config: { action: 'api.public' } } as ApiPorts);
  const host = `${await app.listen({ host: '127.0.0.1', port: 0 })}/v1/schema-registry`;
  const registry = new SchemaRegistry({ host, retry: { retries: 0 } });
  const groupId = `bailiwick.${installation}.outside`;
  const consumer = new Consumer({ ...kafkaOptions(settings, 'outside'), groupId });
  const found: CloudEvent[] = [];
  try {
    const stream = await consumer.consume({ topics: [`bailiwick.${installation}.${topic}`], mode: 'earliest' });
    for await (const { key, value } of stream) {
      if (!String(key).startsWith(tenant)) continue;
      found.push((await registry.decode(Buffer.from(value ?? ''))) as CloudEvent);
      if (found.length === count) break;
    }
    return found;
  } finally {
    await consumer.close(true);
    await app.close();
  }
}
