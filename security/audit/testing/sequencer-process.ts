import process from 'node:process';
import { openDatabase } from '#infra/database/pool.ts';
import { tryToLead } from '#infra/database/leadership.ts';
import { createLogger } from '#infra/logger/logger.ts';
import { createEnvelope } from '#security/keyring/envelope.ts';
import { createFileCustodian } from '#security/keyring/file-custodian.ts';
import { createLogKeys } from '../log-keys.ts';
import { sequencerLock, startSequencer } from '../sequencer.ts';

/** A sequencer in its own process, to be killed: its parent sends it what it needs, and is told when it runs. */
interface Start {
  readonly url: string;
  readonly folder: string;
  readonly keyBase64: string;
  readonly installation: string;
}

process.once('message', (start: Start) => {
  const database = openDatabase({ url: start.url, maxConnections: 2 });
  const envelope = createEnvelope({
    custodian: createFileCustodian({ folder: start.folder, keyBase64: start.keyBase64 }),
  });
  const keys = createLogKeys({ database, envelope, installation: start.installation });
  const lead = () => tryToLead(start.url, sequencerLock);
  startSequencer({ database, lead, keys, logger: createLogger('sequencer', 'error') });
  process.send?.('running');
});
process.once('disconnect', () => process.exit(0));
