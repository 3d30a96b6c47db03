-- What to do about a failed check is named `fix`; what is stored keeps it.
ALTER TABLE onboarding NO FORCE ROW LEVEL SECURITY;
UPDATE onboarding SET document = jsonb_set(document, '{checks}', (
  SELECT jsonb_object_agg(id, CASE WHEN value ? 'mend'
    THEN (value - 'mend') || jsonb_build_object('fix', value -> 'mend') ELSE value END)
  FROM jsonb_each(document -> 'checks') AS stored (id, value)))
  WHERE document -> 'checks' <> '{}';
ALTER TABLE onboarding FORCE ROW LEVEL SECURITY;
