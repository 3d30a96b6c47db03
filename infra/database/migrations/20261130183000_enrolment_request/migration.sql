-- What an enrolment was used for: the SHA-256 of the certificate request. The same request is answered again, so that a
-- process whose answer was lost on the way can start all the same.
ALTER TABLE "enrolment" ADD COLUMN "request_sha256" BYTEA;
-- Of those used before, the requests are unknown: no request has this digest.
UPDATE "enrolment" SET "request_sha256" = ''::bytea WHERE "used";
ALTER TABLE "enrolment" DROP COLUMN "used";

GRANT UPDATE (request_sha256) ON enrolment TO bailiwick_identity;
