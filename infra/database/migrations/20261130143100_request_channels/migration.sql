-- The edge looks up the channels whose messages it may take as requests, and whether its server has the feature.
GRANT SELECT (tenant_id, guild_id, document) ON guild_settings TO bailiwick_edge;
GRANT SELECT ON feature_choice TO bailiwick_edge;
