import { systemClock } from '#infra/kernel/clock.ts';
import { silentLogger } from '#infra/logger/logger.ts';
import { carrierContract } from './carrier.contract.ts';
import { openPostgresCarrier } from './postgres-carrier.ts';

carrierContract(({ database }) =>
  openPostgresCarrier({ database, consumers: ['listener'], clock: systemClock, logger: silentLogger() }),
);
