-- The edge looks up the channels whose messages it may take as requests; row-level security shows it one tenant at a time.
GRANT SELECT (tenant_id, guild_id, document) ON guild_settings TO bailiwick_edge;
GRANT SELECT ON feature_choice TO bailiwick_edge;
