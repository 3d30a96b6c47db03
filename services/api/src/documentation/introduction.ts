import { csrfHeader } from '../sessions/same-site.ts';

/** What every operation has in common; Markdown, whose headings are the first entries of the reference. */
export const introduction = (publicUrl: string): string => `
Tenants, players, per-guild policies and the audit log of a Bailiwick installation. Requests and answers are JSON, in
UTF-8; times are ISO 8601 in UTC; ids are opaque strings.

## Authentication

A script uses an **API key**. An owner or admin of a tenant creates it in the portal, under Settings, or with
\`makeApiKey\`. It opens one tenant, does no more than its scopes name, and stops working when it expires or is removed.

\`\`\`sh
curl -H "Authorization: Bearer $BAILIWICK_KEY" ${publicUrl}/v1/tenants/$TENANT
\`\`\`

A **person** signs in to the portal with Discord, or with a one-time sign-in that an operator has. The command line
exchanges a one-time sign-in for a session at \`POST /v1/sessions\` and sends that as a bearer token. A browser's session
is kept in cookies; what changes something then needs the header \`${csrfHeader}: 1\` and has to come from this origin.

Each operation says what opens it: \`session\`, \`browser\`, or \`apiKey\` with its scopes, one of which is enough.

## Errors

Every refusal is \`application/problem+json\` (RFC 9457). Decide by \`code\`, which is stable; \`title\` is for people.
What is wrong with a request stands in \`faults\`, each fault with its place.

\`\`\`json
{
  "type": "urn:bailiwick:problem:http.invalid",
  "title": "The request is not valid; every fault is listed with its place.",
  "status": 400,
  "code": "http.invalid",
  "faults": [{ "at": "/name", "message": "must be text" }],
  "requestId": "req_01h2xcejqtf2nbrexx3vqjhp41"
}
\`\`\`

A tenant that you may not see is a 404, as one that does not exist. With 429 and 503 comes \`Retry-After\`, in seconds.
Name the \`requestId\` when you ask your operator about a request.

## Pagination

Lists take \`limit\` (1 to 100, 50 by default) and answer with \`items\` and \`nextCursor\`. Send that as \`cursor\` to get the
next page; it is \`null\` on the last one. A cursor belongs to its list, tenant and filters.

## Rate limits

Each person and each API key may use a number of operations a minute. Every answer says which policy applies and what is
left of it (draft-ietf-httpapi-ratelimit-headers):

\`\`\`http
RateLimit-Policy: "signed-in";q=3000;w=60
RateLimit: "signed-in";r=2987;t=41
\`\`\`

Beyond it the answer is 429 with \`Retry-After\`. Requests in flight, open streams and requests from one address are
limited, too; a 429 names the limit that was reached in the same headers.

## Idempotency

What changes something takes an \`Idempotency-Key\`: 1 to 255 visible ASCII characters, such as a UUID. The same key with
the same request gets the same answer for a day, and nothing is done twice. With another body it is refused (422).

## Concurrent changes

A guild's policy is read with an \`ETag\` and replaced with \`If-Match\`: if somebody else was faster, the answer is 412 and
nothing is changed; without the header, where there is a policy already, it is 428.

## Event streams

What can be followed is sent as server-sent events. The state comes first, then each change; connect again when a stream
ends. The audit log's stream continues after \`Last-Event-ID\`.

## Methods

Whatever answers GET answers HEAD. OPTIONS and a 405 name the methods of an address in \`Allow\`. Pages of other origins
may read nothing: there is no cross-origin access.
`;
