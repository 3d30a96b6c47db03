import { platformFault } from '#infra/kernel/errors.ts';
import { portalFolder } from '../../../portal/build.ts';

/**
 * The portal's built files, rebuilt if they are missing or older than their sources. The bundler is loaded only then.
 * @throws BailiwickError up.portal
 */
export async function portal(events: { step(what: string): () => void }): Promise<string> {
  try {
    return await portalFolder({ building: () => events.step('portal') });
  } catch (cause) {
    const message = `The portal could not be built: ${cause instanceof Error ? cause.message : 'unknown'}`;
    throw platformFault('up.portal', message, cause);
  }
}
