import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { rawList, type Raw } from '../discord/raw.ts';

/**
 * Binds a transaction to what the member entered: SHA-256, in base64url, over the canonical JSON (RFC 8785) of a
 * command's options with what it was used on, or of a component's or modal's custom id and values. The audit log keeps it with every decision
 * made on behalf of the transaction, so that a claim about what was entered can be checked.
 */
export function optionsDigest(interaction: Raw): string {
  const data = interaction['data'] as Raw | undefined;
  const entered =
    interaction['type'] === 2 || interaction['type'] === 4
      ? {
          options: rawList(data?.['options']),
          ...(data?.['target_id'] === undefined ? {} : { target_id: data['target_id'] }),
        }
      : { custom_id: data?.['custom_id'], values: data?.['values'], components: data?.['components'] };
  return createHash('sha256')
    .update(canonicalize(entered) ?? '')
    .digest('base64url');
}
