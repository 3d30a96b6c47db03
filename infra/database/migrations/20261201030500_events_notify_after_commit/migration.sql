-- Processes that append events send NOTIFY after the commit (infra/database/notifications.ts). Within the transaction, NOTIFY
-- takes a lock on the whole database server until the commit is on disk.
DROP TRIGGER appended ON event;
DROP FUNCTION notify_event();
