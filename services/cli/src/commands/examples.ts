/** Sample tenant, guild, decision and deletion for the examples in `--help`. */
export const exampleTenant = 'ten_01jx5m0c9ze0r8v3m6q2k7t4wd';
export const exampleGuild = '81384788765712384';
export const exampleDecision = 'dec_01jx5m2q7b8c4n6s9t0v1w3x5y';
export const exampleDeletion = 'del_01jx5m4r5e6g7h8j9k0m1n2p3q';
