-- More parts that append events of their own: rotated keys, and bots that have failed. They read and change none.
GRANT SELECT, INSERT, UPDATE (version, at) ON event_stream TO bailiwick_edge, bailiwick_worker, bailiwick_supervisor;
GRANT INSERT ON event TO bailiwick_edge, bailiwick_worker, bailiwick_supervisor;
GRANT USAGE ON SEQUENCE event_position_seq TO bailiwick_edge, bailiwick_worker, bailiwick_supervisor;
