-- A deletion counts members' lists, too.
CREATE TRIGGER count_deleted AFTER DELETE ON track_list REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_deleted();
