-- When an operator last had the keys of all tenants rotated, and when a rotation last failed.
ALTER TABLE "key_schedule" ADD COLUMN "requested_at" TIMESTAMPTZ(3), ADD COLUMN "failed_at" TIMESTAMPTZ(3);
