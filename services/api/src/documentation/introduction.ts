import { csrfHeader } from '../sessions/same-site.ts';

/** What all operations have in common, in Markdown; its headings are the first entries of the reference. */
export const introduction = (publicUrl: string): string => `
Tenants, players, per-guild policies and the audit log of a Bailiwick installation. Requests and answers are JSON, in
UTF-8; times are ISO 8601 in UTC; ids are opaque strings.

## Authentication

A script uses an **API key**. An owner or admin of a tenant creates it in the portal, under Settings, or with
\`makeApiKey\`. It gives access to one tenant, within its scopes, until it expires or is removed.

\`\`\`sh
curl -H "Authorization: Bearer $BAILIWICK_KEY" ${publicUrl}/v1/tenants/$TENANT
\`\`\`

A **person** signs in to the portal with Discord, or with an operator's one-time sign-in. The command line exchanges a
one-time sign-in for a session at \`POST /v1/sessions\` and sends it as a bearer token. A browser keeps its session in
cookies; its requests that change something need the header \`${csrfHeader}: 1\` and must come from this origin.

Each operation lists the credentials that it accepts: \`session\`, \`browser\`, or \`apiKey\` with any one of the listed
scopes.

## Errors

Every error is \`application/problem+json\` (RFC 9457). Rely on \`code\`, which is stable; \`title\` is for people. When a
request is invalid, \`faults\` lists each fault with its location.

\`\`\`json
{
  "type": "urn:bailiwick:problem:http.invalid",
  "title": "The request is invalid; each fault is listed with its location.",
  "status": 400,
  "code": "http.invalid",
  "faults": [{ "at": "/name", "message": "must be text" }],
  "requestId": "req_01h2xcejqtf2nbrexx3vqjhp41"
}
\`\`\`

A tenant that you may not see gives a 404, as if it did not exist. 429 and 503 come with \`Retry-After\`, in seconds.
Quote the \`requestId\` when you ask your operator about a request.

## Pagination

Lists take \`limit\` (1 to 100, default 50) and return \`items\` and \`nextCursor\`. Send \`nextCursor\` as \`cursor\` to get the
next page; it is \`null\` on the last page. A cursor is valid only for the same list, tenant and filters.

## Rate limits

Each person and each API key has a limit of requests per minute. Every response states the limit that applies and how
much of it remains (draft-ietf-httpapi-ratelimit-headers):

\`\`\`http
RateLimit-Policy: "signed-in";q=3000;w=60
RateLimit: "signed-in";r=2987;t=41
\`\`\`

Above the limit, the response is 429 with \`Retry-After\`. Concurrent requests, open streams and requests from one IP
address are limited too; a 429 names the limit that was reached in the same headers.

## Idempotency

Requests that change something accept an \`Idempotency-Key\`: 1 to 255 visible ASCII characters, such as a UUID. For a
day, repeating a request with its key returns the first response and does nothing twice. The same key with a different
request is refused (422).

## Concurrent changes

A guild's policy is returned with an \`ETag\`; send it in \`If-Match\` to replace the policy. If the policy has changed in
the meantime, the response is 412 and nothing changes. Without the header, replacing an existing policy gives 428.

## Event streams

Streams are sent as server-sent events: first the current state, then each change. Reconnect when a stream ends. The
audit log's stream resumes after \`Last-Event-ID\`.

## Methods

Every address that supports GET supports HEAD. The responses to OPTIONS, and a 405, list the supported methods in
\`Allow\`. Cross-origin requests from browsers (CORS) are not supported.
`;
