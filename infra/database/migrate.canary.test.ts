import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { PrismaPg } from '@prisma/adapter-pg';
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg';
import pg from 'pg';
import { expect, test } from 'vitest';

/** What migrate.ts relies on within Prisma, whose command would download an engine. */
const relied = (what: string) => `${what}: infra/database/migrate.ts cannot run Prisma's schema engine any more`;

/** The part of WebAssembly, which this project's types do not have. */
interface Inspection {
  compile(bytes: Uint8Array): Promise<object>;
  readonly Module: {
    imports(module: object): readonly { readonly module: string; readonly name: string }[];
    exports(module: object): readonly { readonly name: string }[];
  };
}

test("the schema engine's WebAssembly module is beside its bindings, imports only them, and starts as ever", async () => {
  const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg');
  const bytes = await readFile(entry.replace(/\.js$/, '.wasm')).catch(() => undefined);
  expect(bytes, relied('@prisma/schema-engine-wasm has no .wasm file beside its bindings')).toBeDefined();
  const { compile, Module } = (globalThis as unknown as { WebAssembly: Inspection }).WebAssembly;
  const module = await compile(bytes as Uint8Array);
  const imports = Module.imports(module);
  expect(new Set(imports.map(({ module: from }) => from)), relied('its module imports from elsewhere')).toEqual(
    new Set(['./schema_engine_bg.js']),
  );
  const missing = imports.filter(({ name }) => !(name in bindings)).map(({ name }) => name);
  expect(missing, relied('its bindings lack what its module imports')).toEqual([]);
  const exported = Module.exports(module).map(({ name }) => name);
  expect(exported, relied('its module does not start by __wbindgen_start')).toContain('__wbindgen_start');
  expect(typeof bindings.__wbg_set_wasm, relied('its bindings take no instance by __wbg_set_wasm')).toBe('function');
  expect(typeof bindings.SchemaEngine.new, relied('it has no SchemaEngine.new')).toBe('function');
  expect(
    typeof bindings.SchemaEngine.prototype.applyMigrations,
    relied('its engine does not migrate by applyMigrations'),
  ).toBe('function');
});

test("Prisma's adapter for PostgreSQL connects with the client that it is given, and runs scripts by executeScript", async () => {
  let made = 0;
  class Counted extends pg.Client {
    constructor(settings?: string | pg.ClientConfig) {
      super(settings);
      made += 1;
      this.on('error', () => undefined);
    }
  }
  // Nothing listens at port 1.
  const factory = new PrismaPg({ host: '127.0.0.1', port: 1, Client: Counted, max: 1 }, {});
  const adapter = await factory.connect();
  await adapter.queryRaw({ sql: 'select 1', args: [], argTypes: [] }).catch(() => undefined);
  expect(made, relied('@prisma/adapter-pg does not use the setting `Client`')).toBeGreaterThan(0);
  expect(typeof adapter.executeScript, relied('@prisma/adapter-pg has no executeScript')).toBe('function');
  await adapter.dispose();
});
