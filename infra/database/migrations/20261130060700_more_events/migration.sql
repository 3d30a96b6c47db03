-- The worker keeps the statistics of tables up to date; it reads no more than before.
GRANT MAINTAIN ON ALL TABLES IN SCHEMA public TO bailiwick_worker;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT MAINTAIN ON TABLES TO bailiwick_worker;

-- More parts that append events of their own: rotated keys, and bots that have failed. They read and change none.
GRANT SELECT, INSERT, UPDATE (version, at) ON event_stream TO bailiwick_edge, bailiwick_worker, bailiwick_supervisor;
GRANT INSERT ON event TO bailiwick_edge, bailiwick_worker, bailiwick_supervisor;
GRANT USAGE ON SEQUENCE event_position_seq TO bailiwick_edge, bailiwick_worker, bailiwick_supervisor;
