// @module-tag python
// @module-tag linux
import { describe } from 'vitest';
import { custodianStands } from './custodian-suite.ts';
import { doctorStands } from './doctor-suite.ts';
import { externalKeysStand } from './external-keys-suite.ts';
import { policiesStand } from './policies-suite.ts';

describe('OpenBao: the custodian', () => custodianStands('OpenBao'));
describe('OpenBao: the policies', () => policiesStand('OpenBao'));
describe('OpenBao: the doctor', () => doctorStands('OpenBao'));
describe("OpenBao: tenants' own keys", () => externalKeysStand('OpenBao'));
