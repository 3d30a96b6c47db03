-- Whoever appends events notifies once its transaction is committed (infra/database/notifications.ts). In the transaction,
-- NOTIFY takes a lock of the whole database server until the commit is on disk.
DROP TRIGGER appended ON event;
DROP FUNCTION notify_event();
