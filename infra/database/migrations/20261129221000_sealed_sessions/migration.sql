-- Audio seals the documents of music sessions, as `{"sealed": "<base64>"}`; what it looks for, and the position, which is
-- written every few seconds, have columns of their own. Documents of earlier releases are sealed at its next start.
ALTER TABLE music_session
  ADD COLUMN "active" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "position_ms" DOUBLE PRECISION NOT NULL DEFAULT 0,
  ADD COLUMN "as_of_ms" DOUBLE PRECISION NOT NULL DEFAULT 0;

ALTER TABLE music_session NO FORCE ROW LEVEL SECURITY;
UPDATE music_session SET
  active = document -> 'current' <> 'null' OR document -> 'voiceChannel' <> 'null',
  position_ms = coalesce((document ->> 'positionMs')::double precision, 0),
  as_of_ms = coalesce((document ->> 'asOfMs')::double precision, 0);
ALTER TABLE music_session FORCE ROW LEVEL SECURITY;
