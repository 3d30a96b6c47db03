// @module-tag go
// @module-tag linux
import { describe } from 'vitest';
import { lostKeyStands } from './lost-key-suite.ts';

describe("a customer's key in Vault", () => lostKeyStands('Vault'));
