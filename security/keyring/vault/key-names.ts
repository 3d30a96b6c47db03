/**
 * The beginning of the names of a part's keys in a transit engine, `bw-<installation>-<part>-`: two parts, or two
 * installations, that share an engine never share a key. The policies in infra/deploy/vault name keys by it.
 */
export const vaultKeyPrefix = (installation: string, part: string): string => `bw-${installation}-${part}-`;
