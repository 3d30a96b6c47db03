import process from 'node:process';
import { runProcess } from '#infra/kernel/lifecycle.ts';
import { serveLauncher, type LauncherChannel } from './launcher-channel.ts';
import { tokenServiceSettingsSchema } from './settings.ts';
import { buildTokenService } from './token-service.ts';

/** The IPC channel to the parent, if there is one; a message to a parent that is gone is dropped. */
const parent: LauncherChannel | undefined = process.send && {
  on: (event, listener) => process.on(event, listener),
  send: (message) => {
    if (process.connected) process.send?.(message);
  },
};

await runProcess({
  name: 'token-service',
  settings: tokenServiceSettingsSchema,
  async start(settings, { logger, stack }) {
    const service = await buildTokenService(settings, { logger }, stack);
    if (parent) stack.defer(serveLauncher(parent, { service, installation: settings.installation, logger }));
    return service;
  },
});
