import { defineConfig } from 'prisma/config';

export default defineConfig({
  schema: 'infra/database/schema.prisma',
  migrations: { path: 'infra/database/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://127.0.0.1:5432/none' },
});
