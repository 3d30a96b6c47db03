-- A guild's policy in the form in which decisions read it (policies/packed-policy.ts), beside the document. Versions from
-- before have none, and are read from their documents.
ALTER TABLE "guild_policy" ADD COLUMN "packed" BYTEA;

-- Versions are never changed. Whoever changes a document by hand all the same finds that decisions follow it.
CREATE FUNCTION forget_packed_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.document IS DISTINCT FROM OLD.document AND NEW.packed IS NOT DISTINCT FROM OLD.packed THEN
    NEW.packed := NULL;
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER forget_packed BEFORE UPDATE ON guild_policy FOR EACH ROW EXECUTE FUNCTION forget_packed_policy();
