-- What a session remembers of done requests has a name that says what it is; what is remembered is kept.
ALTER TABLE music_session NO FORCE ROW LEVEL SECURITY;
UPDATE music_session
  SET document = (document - 'deeds') || jsonb_build_object('doneRequests', document -> 'deeds')
  WHERE document ? 'deeds';
ALTER TABLE music_session FORCE ROW LEVEL SECURITY;
