// @module-tag go
import { describe } from 'vitest';
import { externalKeysStand } from './external-keys-suite.ts';

describe("tenants' own keys, in Vault", () => externalKeysStand('Vault'));
