// @module-tag python
// @module-tag linux
import { describe } from 'vitest';
import { lostKeyStands } from './lost-key-suite.ts';

describe("a customer's key in OpenBao", () => lostKeyStands('OpenBao'));
