// @module-tag go
import { describe } from 'vitest';
import { custodianStands } from './custodian-suite.ts';
import { doctorStands } from './doctor-suite.ts';
import { policiesStand } from './policies-suite.ts';

describe('Vault: the custodian', () => custodianStands('Vault'));
describe('Vault: the policies', () => policiesStand('Vault'));
describe('Vault: the doctor', () => doctorStands('Vault'));
