// Made from the API's own description: do not edit. After a change of the API:
//   npm run client

export interface paths {
    readonly "/v1/auth/discord": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Go to Discord and sign in there; you come back to `returnTo`, a path of this address */
        readonly get: operations["beginDiscordSignIn"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/auth/discord/callback": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Where Discord sends the browser back to; on to `returnTo`, or to `/sign-in?problem=<code>` */
        readonly get: operations["finishDiscordSignIn"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/auth/one-time": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Exchange an operator's one-time sign-in for a browser's session */
        readonly post: operations["signInOnce"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/auth/refresh": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Renew a browser's session; a refresh token that is used twice ends it */
        readonly post: operations["refreshSession"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/auth/session": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /** Sign out here */
        readonly delete: operations["endSession"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/auth/sessions": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /** Sign out everywhere */
        readonly delete: operations["endAllSessions"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/invitations/accept": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Become a member with an invitation */
        readonly post: operations["acceptInvitation"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/me": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Who am I, and which tenants are mine? */
        readonly get: operations["whoAmI"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/operator/health": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Every process and why it is not well, the breakers, the Lavalink nodes */
        readonly get: operations["readHealth"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/operator/tenants": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Every tenant, oldest first, with what its process does */
        readonly get: operations["listAllTenants"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Exchange the one-time sign-in for a session */
        readonly post: operations["signIn"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/sessions/current": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /** Sign out */
        readonly delete: operations["signOut"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The tenants that you may see, oldest first */
        readonly get: operations["listTenants"];
        readonly put?: never;
        /** Create a tenant; who creates it owns it */
        readonly post: operations["createTenant"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** A tenant, its connection to Discord and its process */
        readonly get: operations["readTenant"];
        readonly put?: never;
        readonly post?: never;
        /** Delete a tenant: its bot stops, its token and key are destroyed; its audit log stays, for operators alone */
        readonly delete: operations["deleteTenant"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/api-keys": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The API keys of the tenant, newest first */
        readonly get: operations["listApiKeys"];
        readonly put?: never;
        /** Make an API key: it is shown once, and never does more than you may */
        readonly post: operations["makeApiKey"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/api-keys/{key}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /** Remove an API key; it opens nothing from then on */
        readonly delete: operations["removeApiKey"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/audit/export": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The log, or a selection of it, as a file that proves itself; the header export-cursor names it, to go on after it was cut */
        readonly get: operations["exportAudit"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/audit/export/manifest": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What an export holds, its length and digest, and the cursor with which it is exactly that file */
        readonly get: operations["readAuditManifest"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/audit/key": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The public key of the tenant's log, with which exports verify; keep it apart from them */
        readonly get: operations["readAuditKey"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/audit/records": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Sealed records, newest first; a page may hold fewer than asked for, or none, and still have a next one */
        readonly get: operations["listAuditRecords"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/audit/stream": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Records as they are sealed, each an event whose id is its index; goes on after Last-Event-ID */
        readonly get: operations["followAudit"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/decisions/{decision}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Why something was allowed or denied, made again under the policy as it was, and what would have allowed it */
        readonly get: operations["explainDecision"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/guilds": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The servers that the bot is in, by name, with what plays there */
        readonly get: operations["listGuilds"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/guilds/{guild}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** A server's channels and roles, and what the bot lacks in each voice channel */
        readonly get: operations["readGuild"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/guilds/{guild}/player": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What plays, and what comes next */
        readonly get: operations["readPlayer"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/guilds/{guild}/player/pause": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Pause the music */
        readonly post: operations["pausePlayer"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/guilds/{guild}/player/queue": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What waits, in its order; pages may overlap or miss tracks when the queue moves meanwhile */
        readonly get: operations["listQueue"];
        readonly put?: never;
        /** Add what a search or an address leads to. A bot that is in no voice channel comes to the one that is named, else to yours */
        readonly post: operations["enqueue"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/guilds/{guild}/player/queue/{entry}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /** Take a track out of the queue */
        readonly delete: operations["removeTrack"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/guilds/{guild}/player/queue/move": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Move a track within the queue; 0 is the next to play */
        readonly post: operations["moveTrack"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/guilds/{guild}/player/resume": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Go on with the music */
        readonly post: operations["resumePlayer"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/guilds/{guild}/player/skip": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Go on with the next track */
        readonly post: operations["skipPlayer"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/guilds/{guild}/player/stop": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** End the music and leave */
        readonly post: operations["stopPlayer"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/guilds/{guild}/player/volume": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        /** Set the volume, in percent */
        readonly put: operations["setPlayerVolume"];
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/guilds/{guild}/policy": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** A guild's policy as it stands, as it stood `at` a moment, or one `version` of it; 0 is the default */
        readonly get: operations["readPolicy"];
        /** Replace a guild's policy; If-Match names the version that you saw */
        readonly put: operations["replacePolicy"];
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        /** Change parts of a guild's policy (merge patch, RFC 7396: a list is replaced whole, null removes) */
        readonly patch: operations["patchPolicy"];
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/guilds/{guild}/policy/copy": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Copy the policy from or to another guild of the tenant; If-Match is about the guild that is changed */
        readonly post: operations["copyPolicy"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/guilds/{guild}/policy/dry-run": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** What a policy, proposed or as it stands, lets somebody do: one decision a command */
        readonly post: operations["tryPolicy"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/guilds/{guild}/policy/effective": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** What somebody may do here, as the policy stands; `roles` are ids with commas between */
        readonly get: operations["readEffectivePolicy"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/guilds/{guild}/policy/history": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Every version, newest first */
        readonly get: operations["readPolicyHistory"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/guilds/{guild}/policy/rollback": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Make an earlier version the current one again, as a new version */
        readonly post: operations["rollBackPolicy"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/guilds/{guild}/policy/validate": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Check a policy without saving it */
        readonly post: operations["validatePolicy"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/invitations": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The invitations that still work, newest first */
        readonly get: operations["listInvitations"];
        readonly put?: never;
        /** Make an invitation: its address is shown once, works once, for seven days */
        readonly post: operations["invite"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/invitations/{invitation}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        readonly post?: never;
        /** Withdraw an invitation */
        readonly delete: operations["withdrawInvitation"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/live": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** Follow players (`player`, and `players` when all are known), the connection to Discord (`session`) and the process (`instance`): first what is, then each change; `end` says why it ends */
        readonly get: operations["followTenant"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/members": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The members of the tenant with their roles */
        readonly get: operations["listMembers"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/members/{subject}": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        /** Change a member's role; the last owner stays one */
        readonly put: operations["setMemberRole"];
        readonly post?: never;
        /** Remove a member, with the API keys that they made; or leave */
        readonly delete: operations["removeMember"];
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/onboarding": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** How far it is: each check with its reason and how to mend it */
        readonly get: operations["readOnboarding"];
        readonly put?: never;
        /** Look at a pasted token, and at everything that follows from it */
        readonly post: operations["startOnboarding"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/onboarding/checks/{check}/retry": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Make a check again, and those that follow */
        readonly post: operations["retryCheck"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/onboarding/events": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The same as `state` events: first how it is, then each change */
        readonly get: operations["followOnboarding"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/onboarding/place": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        /** Choose the voice channel in which the bot is to be heard */
        readonly put: operations["choosePlace"];
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/onboarding/resume": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Go on from where it stands; what has failed is looked at again */
        readonly post: operations["resumeOnboarding"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/ownership": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Hand the tenant over to another member; you become an admin */
        readonly post: operations["handOverTenant"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/policies": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        /** The guilds that have a policy of their own */
        readonly get: operations["listPolicies"];
        readonly put?: never;
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/resume": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Start a suspended bot again */
        readonly post: operations["resumeTenant"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/suspend": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        readonly put?: never;
        /** Stop the bot until it is resumed */
        readonly post: operations["suspendTenant"];
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
    readonly "/v1/tenants/{tenant}/token": {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly get?: never;
        /** Check the Discord token, store it sealed, and start the tenant's bot */
        readonly put: operations["storeToken"];
        readonly post?: never;
        readonly delete?: never;
        readonly options?: never;
        readonly head?: never;
        readonly patch?: never;
        readonly trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        readonly Problem: {
            readonly code: string;
            readonly detail?: string;
            readonly faults?: readonly {
                readonly at: string;
                readonly message: string;
            }[];
            readonly requestId?: string;
            readonly status: number;
            readonly title: string;
            readonly type: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    readonly beginDiscordSignIn: {
        readonly parameters: {
            readonly query?: {
                readonly returnTo?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description To Discord */
            readonly 302: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly finishDiscordSignIn: {
        readonly parameters: {
            readonly query?: {
                readonly code?: string;
                readonly state?: string;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Signed in, or a problem */
            readonly 302: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly signInOnce: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly oneTimeToken: string;
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly refreshSession: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly endSession: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly endAllSessions: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly acceptInvitation: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly token: string;
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @enum {string} */
                        readonly role: "owner" | "admin" | "auditor" | "viewer";
                        readonly tenant: {
                            readonly id: string;
                            readonly name: string;
                        };
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly whoAmI: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly avatarUrl: string | null;
                        readonly mayCreateTenants: boolean;
                        readonly name: string;
                        readonly operator: boolean;
                        readonly subject: string;
                        readonly tenants: readonly {
                            readonly id: string;
                            readonly name: string;
                            /** @enum {string} */
                            readonly role: "owner" | "admin" | "auditor" | "viewer";
                            /** @enum {string} */
                            readonly status: "created" | "active" | "suspended" | "deleting";
                        }[];
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly readHealth: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly breakers: readonly {
                            readonly message?: string;
                            /** @enum {string} */
                            readonly status: "healthy" | "degraded" | "unhealthy";
                            readonly upstream: string;
                        }[];
                        readonly nodes: readonly {
                            readonly breaker: string;
                            readonly latencyMs: number;
                            readonly lavalinkLoad: number;
                            readonly node: string;
                            readonly players: number;
                            readonly playingPlayers: number;
                            readonly sessions: number;
                        }[];
                        readonly processes: readonly {
                            readonly causes: readonly {
                                readonly message?: string;
                                readonly name: string;
                                /** @enum {string} */
                                readonly status: "healthy" | "degraded" | "unhealthy";
                            }[];
                            readonly name: string;
                            /** @enum {string} */
                            readonly status: "healthy" | "degraded" | "unhealthy" | "unreachable";
                        }[];
                        /** @enum {string} */
                        readonly status: "healthy" | "degraded" | "unhealthy";
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listAllTenants: {
        readonly parameters: {
            readonly query?: {
                readonly cursor?: string;
                readonly limit?: number;
                readonly search?: string;
                readonly status?: "created" | "active" | "suspended" | "deleting";
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly {
                            readonly applicationId: string | null;
                            readonly botUserId: string | null;
                            /** Format: date-time */
                            readonly createdAt: string;
                            readonly id: string;
                            readonly instance: {
                                /** @enum {string} */
                                readonly desired: "running" | "stopped";
                                readonly reason?: string;
                                readonly restarts: number;
                                /** @enum {string} */
                                readonly state: "stopped" | "starting" | "ready" | "degraded" | "backing-off" | "failed";
                            } | null;
                            readonly name: string;
                            readonly reason: string | null;
                            /** @enum {string} */
                            readonly status: "created" | "active" | "suspended" | "deleting";
                            readonly suspendedBy: string | null;
                            readonly version: number;
                        }[];
                        readonly nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly signIn: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly oneTimeToken: string;
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** Format: date-time */
                        readonly expiresAt: string;
                        readonly subject: string;
                        readonly token: string;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly signOut: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listTenants: {
        readonly parameters: {
            readonly query?: {
                readonly cursor?: string;
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly {
                            readonly applicationId: string | null;
                            readonly botUserId: string | null;
                            /** Format: date-time */
                            readonly createdAt: string;
                            readonly id: string;
                            readonly name: string;
                            readonly reason: string | null;
                            /** @enum {string} */
                            readonly status: "created" | "active" | "suspended" | "deleting";
                            readonly suspendedBy: string | null;
                            readonly version: number;
                        }[];
                        readonly nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly createTenant: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path?: never;
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly name: string;
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly applicationId: string | null;
                        readonly botUserId: string | null;
                        /** Format: date-time */
                        readonly createdAt: string;
                        readonly id: string;
                        readonly name: string;
                        readonly reason: string | null;
                        /** @enum {string} */
                        readonly status: "created" | "active" | "suspended" | "deleting";
                        readonly suspendedBy: string | null;
                        readonly version: number;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly readTenant: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly instance: {
                            /** @enum {string} */
                            readonly desired: "running" | "stopped";
                            readonly layers: readonly string[];
                            readonly reason?: string;
                            readonly restarts: number;
                            /** @enum {string} */
                            readonly state: "stopped" | "starting" | "ready" | "degraded" | "backing-off" | "failed";
                        } | null;
                        readonly ready: boolean;
                        readonly session: {
                            readonly applicationId?: string;
                            readonly botUserId?: string;
                            readonly guilds: number;
                            readonly latencyMs?: number;
                            readonly reason?: string;
                            /** @enum {string} */
                            readonly status: "none" | "connecting" | "connected" | "failed";
                        } | null;
                        readonly tenant: {
                            readonly applicationId: string | null;
                            readonly botUserId: string | null;
                            /** Format: date-time */
                            readonly createdAt: string;
                            readonly id: string;
                            readonly name: string;
                            readonly reason: string | null;
                            /** @enum {string} */
                            readonly status: "created" | "active" | "suspended" | "deleting";
                            readonly suspendedBy: string | null;
                            readonly version: number;
                        };
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly deleteTenant: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listApiKeys: {
        readonly parameters: {
            readonly query?: {
                readonly cursor?: string;
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly {
                            /** Format: date-time */
                            readonly createdAt: string;
                            /** Format: date-time */
                            readonly expiresAt: string;
                            readonly id: string;
                            readonly lastUsedAt: string | null;
                            readonly maker: string;
                            readonly name: string;
                            readonly scopes: readonly ("read" | "control" | "policies" | "audit" | "members")[];
                        }[];
                        readonly nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly makeApiKey: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly expiresInDays: number;
                    readonly name: string;
                    readonly scopes: readonly ("read" | "control" | "policies" | "audit" | "members")[];
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** Format: date-time */
                        readonly createdAt: string;
                        /** Format: date-time */
                        readonly expiresAt: string;
                        readonly id: string;
                        readonly key: string;
                        readonly lastUsedAt: string | null;
                        readonly maker: string;
                        readonly name: string;
                        readonly scopes: readonly ("read" | "control" | "policies" | "audit" | "members")[];
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly removeApiKey: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly key: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly exportAudit: {
        readonly parameters: {
            readonly query?: {
                readonly action?: string;
                readonly actor?: string;
                readonly consistentWith?: number;
                readonly cursor?: string;
                readonly format?: "ndjson" | "csv" | "ocsf";
                readonly from?: string;
                readonly guild?: string;
                readonly gzip?: string;
                readonly kind?: "decision" | "change" | "lifecycle" | "security";
                readonly offset?: number;
                readonly outcome?: "allowed" | "denied" | "succeeded" | "failed";
                readonly to?: string;
            };
            readonly header?: never;
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The file */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/gzip": string;
                    readonly "application/x-ndjson": string;
                    readonly "text/csv; charset=utf-8; header=present": string;
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly readAuditManifest: {
        readonly parameters: {
            readonly query?: {
                readonly action?: string;
                readonly actor?: string;
                readonly consistentWith?: number;
                readonly cursor?: string;
                readonly format?: "ndjson" | "csv" | "ocsf";
                readonly from?: string;
                readonly guild?: string;
                readonly kind?: "decision" | "change" | "lifecycle" | "security";
                readonly outcome?: "allowed" | "denied" | "succeeded" | "failed";
                readonly to?: string;
            };
            readonly header?: never;
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly cursor: string;
                        readonly manifest: {
                            readonly checkpoint: string;
                            readonly count: number;
                            /** Format: date-time */
                            readonly exportedAt: string;
                            readonly file: {
                                readonly bytes: number;
                                /** @enum {string} */
                                readonly format: "ndjson" | "csv" | "ocsf";
                                readonly sha256: string;
                            };
                            /** @enum {string} */
                            readonly format: "bailiwick-audit-manifest/1";
                            readonly key: string;
                            readonly origin: string;
                            readonly range: {
                                readonly first: number;
                                readonly from: string;
                                readonly last: number;
                                readonly to: string;
                            } | null;
                            readonly selection: {
                                readonly action?: string;
                                readonly actor?: string;
                                /** Format: date-time */
                                readonly from?: string;
                                readonly guild?: string;
                                /** @enum {string} */
                                readonly kind?: "decision" | "change" | "lifecycle" | "security";
                                /** @enum {string} */
                                readonly outcome?: "allowed" | "denied" | "succeeded" | "failed";
                                /** Format: date-time */
                                readonly to?: string;
                            };
                            readonly tenant: string;
                            readonly whole: boolean;
                        };
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly readAuditKey: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly key: string;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listAuditRecords: {
        readonly parameters: {
            readonly query?: {
                readonly action?: string;
                readonly actor?: string;
                readonly cursor?: string;
                readonly from?: string;
                readonly guild?: string;
                readonly kind?: "decision" | "change" | "lifecycle" | "security";
                readonly limit?: number;
                readonly outcome?: "allowed" | "denied" | "succeeded" | "failed";
                readonly to?: string;
            };
            readonly header?: never;
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly {
                            readonly index: number;
                            readonly record: {
                                readonly action: string;
                                readonly actor: {
                                    readonly id: string;
                                    /** @enum {string} */
                                    readonly type: "service" | "bot" | "discord-member" | "tenant-member" | "operator" | "platform";
                                };
                                readonly channel?: string;
                                readonly command?: string;
                                readonly decision?: string;
                                readonly detail?: {
                                    readonly [key: string]: string | number | boolean | null;
                                };
                                readonly guild?: string;
                                readonly id: string;
                                /** @enum {string} */
                                readonly kind: "decision" | "change" | "lifecycle" | "security";
                                readonly onBehalfOf?: {
                                    readonly id: string;
                                    /** @enum {string} */
                                    readonly type: "service" | "bot" | "discord-member" | "tenant-member" | "operator" | "platform";
                                };
                                readonly optionsDigest?: string;
                                /** @enum {string} */
                                readonly outcome: "allowed" | "denied" | "succeeded" | "failed";
                                readonly policyVersion?: string;
                                readonly reason?: string;
                                readonly requestId?: string;
                                readonly rule?: string;
                                readonly target?: string;
                                readonly tenant: string;
                                /** Format: date-time */
                                readonly time: string;
                                readonly transaction?: string;
                            } | null;
                            /** Format: date-time */
                            readonly sealedAt: string;
                        }[];
                        readonly nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly followAudit: {
        readonly parameters: {
            readonly query?: {
                readonly action?: string;
                readonly actor?: string;
                readonly after?: number;
                readonly guild?: string;
                readonly kind?: "decision" | "change" | "lifecycle" | "security";
                readonly outcome?: "allowed" | "denied" | "succeeded" | "failed";
            };
            readonly header?: never;
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Server-sent events */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/event-stream": string;
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly explainDecision: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly decision: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly allowed: boolean;
                        readonly check: string | null;
                        /** Format: date-time */
                        readonly decidedAt: string;
                        readonly decision: string;
                        readonly facts: {
                            readonly action: string;
                            readonly channel: string | null;
                            readonly command: string | null;
                            readonly guild: string | null;
                            readonly member: {
                                readonly id: string;
                                readonly type: string;
                            } | null;
                            readonly permissions: string | null;
                            readonly roles: readonly string[];
                            readonly workload: {
                                readonly id: string;
                                readonly type: string;
                            };
                        };
                        readonly reason: string | null;
                        readonly record: string;
                        readonly replay: {
                            readonly agrees: boolean;
                            readonly allowed: boolean;
                            readonly message: string;
                            readonly obligations: {
                                readonly maxQueuedPerMember?: number;
                                readonly maxTrackLengthMs?: number;
                                readonly sources?: readonly string[];
                                readonly voteShare?: number;
                            } | null;
                            readonly policyVersion: number;
                            readonly rule: string | null;
                        } | null;
                        readonly rule: string | null;
                        readonly version: string | null;
                        readonly wouldAllow: readonly {
                            readonly id?: string;
                            /** @enum {string} */
                            readonly kind: "role" | "channel" | "permission" | "rule" | "hours" | "otherwise" | "tenant-role";
                            readonly permission?: string;
                            readonly role?: string;
                            readonly rule?: string;
                            readonly sentence: string;
                        }[];
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listGuilds: {
        readonly parameters: {
            readonly query?: {
                readonly cursor?: string;
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly {
                            readonly iconUrl: string | null;
                            readonly id: string;
                            readonly memberCount: number | null;
                            readonly name: string;
                            readonly player: {
                                readonly asOfMs: number;
                                readonly current: {
                                    readonly artworkUrl: string | null;
                                    readonly author: string;
                                    readonly entryId: string;
                                    readonly isStream: boolean;
                                    readonly lengthMs: number;
                                    readonly requestedBy: string | null;
                                    readonly source: string;
                                    readonly title: string;
                                    readonly uri: string | null;
                                } | null;
                                readonly guild: string;
                                readonly positionMs: number;
                                readonly queueLength: number;
                                /** @enum {string} */
                                readonly state: "idle" | "waiting" | "playing" | "paused";
                                readonly version: number;
                                readonly voiceChannel: string | null;
                            } | null;
                            readonly policyVersion: number;
                        }[];
                        readonly nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly readGuild: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly iconUrl: string | null;
                        readonly id: string;
                        readonly memberCount: number | null;
                        readonly name: string;
                        readonly roles: readonly {
                            readonly color: number;
                            readonly id: string;
                            readonly managed: boolean;
                            readonly name: string;
                            readonly position: number;
                        }[];
                        readonly text: readonly {
                            readonly category: string | null;
                            readonly id: string;
                            /** @enum {string} */
                            readonly kind: "text" | "voice" | "stage";
                            readonly name: string;
                            readonly position: number;
                        }[];
                        readonly voice: readonly {
                            readonly category: string | null;
                            readonly full: boolean;
                            readonly id: string;
                            /** @enum {string} */
                            readonly kind: "voice" | "stage";
                            readonly listeners: number;
                            readonly missing: readonly ("VIEW_CHANNEL" | "CONNECT" | "SPEAK")[];
                            readonly name: string;
                            readonly position: number;
                        }[];
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly readPlayer: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly asOfMs: number;
                        readonly current: {
                            readonly artworkUrl: string | null;
                            readonly author: string;
                            readonly entryId: string;
                            readonly isStream: boolean;
                            readonly lengthMs: number;
                            readonly requestedBy: string | null;
                            readonly source: string;
                            readonly title: string;
                            readonly uri: string | null;
                        } | null;
                        readonly guild: string;
                        readonly message: {
                            readonly channelId: string;
                            readonly messageId: string;
                        } | null;
                        readonly positionMs: number;
                        readonly queue: readonly {
                            readonly artworkUrl: string | null;
                            readonly author: string;
                            readonly entryId: string;
                            readonly isStream: boolean;
                            readonly lengthMs: number;
                            readonly requestedBy: string | null;
                            readonly source: string;
                            readonly title: string;
                            readonly uri: string | null;
                        }[];
                        readonly queueLength: number;
                        /** @enum {string} */
                        readonly state: "idle" | "waiting" | "playing" | "paused";
                        readonly textChannel: string | null;
                        readonly version: number;
                        readonly voiceChannel: string | null;
                        readonly volume: number;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly pausePlayer: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly player: {
                            readonly asOfMs: number;
                            readonly current: {
                                readonly artworkUrl: string | null;
                                readonly author: string;
                                readonly entryId: string;
                                readonly isStream: boolean;
                                readonly lengthMs: number;
                                readonly requestedBy: string | null;
                                readonly source: string;
                                readonly title: string;
                                readonly uri: string | null;
                            } | null;
                            readonly guild: string;
                            readonly message: {
                                readonly channelId: string;
                                readonly messageId: string;
                            } | null;
                            readonly positionMs: number;
                            readonly queue: readonly {
                                readonly artworkUrl: string | null;
                                readonly author: string;
                                readonly entryId: string;
                                readonly isStream: boolean;
                                readonly lengthMs: number;
                                readonly requestedBy: string | null;
                                readonly source: string;
                                readonly title: string;
                                readonly uri: string | null;
                            }[];
                            readonly queueLength: number;
                            /** @enum {string} */
                            readonly state: "idle" | "waiting" | "playing" | "paused";
                            readonly textChannel: string | null;
                            readonly version: number;
                            readonly voiceChannel: string | null;
                            readonly volume: number;
                        };
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listQueue: {
        readonly parameters: {
            readonly query?: {
                readonly cursor?: string;
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly {
                            readonly artworkUrl: string | null;
                            readonly author: string;
                            readonly entryId: string;
                            readonly isStream: boolean;
                            readonly lengthMs: number;
                            readonly requestedBy: string | null;
                            readonly source: string;
                            readonly title: string;
                            readonly uri: string | null;
                        }[];
                        readonly nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly enqueue: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly query: string;
                    readonly voiceChannel?: string;
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly added: readonly {
                            readonly artworkUrl: string | null;
                            readonly author: string;
                            readonly entryId: string;
                            readonly isStream: boolean;
                            readonly lengthMs: number;
                            readonly requestedBy: string | null;
                            readonly source: string;
                            readonly title: string;
                            readonly uri: string | null;
                        }[];
                        readonly addedCount: number;
                        readonly player: {
                            readonly asOfMs: number;
                            readonly current: {
                                readonly artworkUrl: string | null;
                                readonly author: string;
                                readonly entryId: string;
                                readonly isStream: boolean;
                                readonly lengthMs: number;
                                readonly requestedBy: string | null;
                                readonly source: string;
                                readonly title: string;
                                readonly uri: string | null;
                            } | null;
                            readonly guild: string;
                            readonly message: {
                                readonly channelId: string;
                                readonly messageId: string;
                            } | null;
                            readonly positionMs: number;
                            readonly queue: readonly {
                                readonly artworkUrl: string | null;
                                readonly author: string;
                                readonly entryId: string;
                                readonly isStream: boolean;
                                readonly lengthMs: number;
                                readonly requestedBy: string | null;
                                readonly source: string;
                                readonly title: string;
                                readonly uri: string | null;
                            }[];
                            readonly queueLength: number;
                            /** @enum {string} */
                            readonly state: "idle" | "waiting" | "playing" | "paused";
                            readonly textChannel: string | null;
                            readonly version: number;
                            readonly voiceChannel: string | null;
                            readonly volume: number;
                        };
                        readonly playlistName: string | null;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly removeTrack: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly entry: string;
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly player: {
                            readonly asOfMs: number;
                            readonly current: {
                                readonly artworkUrl: string | null;
                                readonly author: string;
                                readonly entryId: string;
                                readonly isStream: boolean;
                                readonly lengthMs: number;
                                readonly requestedBy: string | null;
                                readonly source: string;
                                readonly title: string;
                                readonly uri: string | null;
                            } | null;
                            readonly guild: string;
                            readonly message: {
                                readonly channelId: string;
                                readonly messageId: string;
                            } | null;
                            readonly positionMs: number;
                            readonly queue: readonly {
                                readonly artworkUrl: string | null;
                                readonly author: string;
                                readonly entryId: string;
                                readonly isStream: boolean;
                                readonly lengthMs: number;
                                readonly requestedBy: string | null;
                                readonly source: string;
                                readonly title: string;
                                readonly uri: string | null;
                            }[];
                            readonly queueLength: number;
                            /** @enum {string} */
                            readonly state: "idle" | "waiting" | "playing" | "paused";
                            readonly textChannel: string | null;
                            readonly version: number;
                            readonly voiceChannel: string | null;
                            readonly volume: number;
                        };
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly moveTrack: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly entryId: string;
                    readonly to: number;
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly player: {
                            readonly asOfMs: number;
                            readonly current: {
                                readonly artworkUrl: string | null;
                                readonly author: string;
                                readonly entryId: string;
                                readonly isStream: boolean;
                                readonly lengthMs: number;
                                readonly requestedBy: string | null;
                                readonly source: string;
                                readonly title: string;
                                readonly uri: string | null;
                            } | null;
                            readonly guild: string;
                            readonly message: {
                                readonly channelId: string;
                                readonly messageId: string;
                            } | null;
                            readonly positionMs: number;
                            readonly queue: readonly {
                                readonly artworkUrl: string | null;
                                readonly author: string;
                                readonly entryId: string;
                                readonly isStream: boolean;
                                readonly lengthMs: number;
                                readonly requestedBy: string | null;
                                readonly source: string;
                                readonly title: string;
                                readonly uri: string | null;
                            }[];
                            readonly queueLength: number;
                            /** @enum {string} */
                            readonly state: "idle" | "waiting" | "playing" | "paused";
                            readonly textChannel: string | null;
                            readonly version: number;
                            readonly voiceChannel: string | null;
                            readonly volume: number;
                        };
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly resumePlayer: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly player: {
                            readonly asOfMs: number;
                            readonly current: {
                                readonly artworkUrl: string | null;
                                readonly author: string;
                                readonly entryId: string;
                                readonly isStream: boolean;
                                readonly lengthMs: number;
                                readonly requestedBy: string | null;
                                readonly source: string;
                                readonly title: string;
                                readonly uri: string | null;
                            } | null;
                            readonly guild: string;
                            readonly message: {
                                readonly channelId: string;
                                readonly messageId: string;
                            } | null;
                            readonly positionMs: number;
                            readonly queue: readonly {
                                readonly artworkUrl: string | null;
                                readonly author: string;
                                readonly entryId: string;
                                readonly isStream: boolean;
                                readonly lengthMs: number;
                                readonly requestedBy: string | null;
                                readonly source: string;
                                readonly title: string;
                                readonly uri: string | null;
                            }[];
                            readonly queueLength: number;
                            /** @enum {string} */
                            readonly state: "idle" | "waiting" | "playing" | "paused";
                            readonly textChannel: string | null;
                            readonly version: number;
                            readonly voiceChannel: string | null;
                            readonly volume: number;
                        };
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly skipPlayer: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly player: {
                            readonly asOfMs: number;
                            readonly current: {
                                readonly artworkUrl: string | null;
                                readonly author: string;
                                readonly entryId: string;
                                readonly isStream: boolean;
                                readonly lengthMs: number;
                                readonly requestedBy: string | null;
                                readonly source: string;
                                readonly title: string;
                                readonly uri: string | null;
                            } | null;
                            readonly guild: string;
                            readonly message: {
                                readonly channelId: string;
                                readonly messageId: string;
                            } | null;
                            readonly positionMs: number;
                            readonly queue: readonly {
                                readonly artworkUrl: string | null;
                                readonly author: string;
                                readonly entryId: string;
                                readonly isStream: boolean;
                                readonly lengthMs: number;
                                readonly requestedBy: string | null;
                                readonly source: string;
                                readonly title: string;
                                readonly uri: string | null;
                            }[];
                            readonly queueLength: number;
                            /** @enum {string} */
                            readonly state: "idle" | "waiting" | "playing" | "paused";
                            readonly textChannel: string | null;
                            readonly version: number;
                            readonly voiceChannel: string | null;
                            readonly volume: number;
                        };
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly stopPlayer: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly player: {
                            readonly asOfMs: number;
                            readonly current: {
                                readonly artworkUrl: string | null;
                                readonly author: string;
                                readonly entryId: string;
                                readonly isStream: boolean;
                                readonly lengthMs: number;
                                readonly requestedBy: string | null;
                                readonly source: string;
                                readonly title: string;
                                readonly uri: string | null;
                            } | null;
                            readonly guild: string;
                            readonly message: {
                                readonly channelId: string;
                                readonly messageId: string;
                            } | null;
                            readonly positionMs: number;
                            readonly queue: readonly {
                                readonly artworkUrl: string | null;
                                readonly author: string;
                                readonly entryId: string;
                                readonly isStream: boolean;
                                readonly lengthMs: number;
                                readonly requestedBy: string | null;
                                readonly source: string;
                                readonly title: string;
                                readonly uri: string | null;
                            }[];
                            readonly queueLength: number;
                            /** @enum {string} */
                            readonly state: "idle" | "waiting" | "playing" | "paused";
                            readonly textChannel: string | null;
                            readonly version: number;
                            readonly voiceChannel: string | null;
                            readonly volume: number;
                        };
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly setPlayerVolume: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly percent: number;
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly player: {
                            readonly asOfMs: number;
                            readonly current: {
                                readonly artworkUrl: string | null;
                                readonly author: string;
                                readonly entryId: string;
                                readonly isStream: boolean;
                                readonly lengthMs: number;
                                readonly requestedBy: string | null;
                                readonly source: string;
                                readonly title: string;
                                readonly uri: string | null;
                            } | null;
                            readonly guild: string;
                            readonly message: {
                                readonly channelId: string;
                                readonly messageId: string;
                            } | null;
                            readonly positionMs: number;
                            readonly queue: readonly {
                                readonly artworkUrl: string | null;
                                readonly author: string;
                                readonly entryId: string;
                                readonly isStream: boolean;
                                readonly lengthMs: number;
                                readonly requestedBy: string | null;
                                readonly source: string;
                                readonly title: string;
                                readonly uri: string | null;
                            }[];
                            readonly queueLength: number;
                            /** @enum {string} */
                            readonly state: "idle" | "waiting" | "playing" | "paused";
                            readonly textChannel: string | null;
                            readonly version: number;
                            readonly voiceChannel: string | null;
                            readonly volume: number;
                        };
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly readPolicy: {
        readonly parameters: {
            readonly query?: {
                readonly at?: string;
                readonly version?: number;
            };
            readonly header?: never;
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description The version with its policy; as YAML, the policy alone. */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly author: string;
                        readonly createdAt: string | null;
                        readonly policy: {
                            readonly dj?: {
                                readonly roles: readonly string[];
                            };
                            /** @enum {string} */
                            readonly otherwise: "allow" | "deny";
                            readonly quotas?: {
                                readonly maxQueuedPerMember?: number;
                                readonly maxTrackLengthSec?: number;
                            };
                            readonly rules: readonly {
                                readonly channels?: readonly string[];
                                readonly commands: "all" | readonly ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume")[];
                                /** @enum {string} */
                                readonly effect: "allow" | "deny";
                                readonly id: string;
                                readonly when?: {
                                    readonly hours?: {
                                        readonly from: string;
                                        readonly to: string;
                                    };
                                    readonly weekdays?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                                    readonly zone: string;
                                };
                                readonly who: {
                                    /** @enum {boolean} */
                                    readonly everyone?: true;
                                    readonly permissions?: readonly ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                                    readonly roles?: readonly string[];
                                    readonly users?: readonly string[];
                                };
                            }[];
                            readonly sources?: readonly ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                            readonly voteSkip?: {
                                readonly share: number;
                            };
                        };
                        readonly version: number;
                    };
                    readonly "application/yaml": string;
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly replacePolicy: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
                readonly "if-match"?: string;
            };
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly dj?: {
                        readonly roles: readonly string[];
                    };
                    /** @enum {string} */
                    readonly otherwise: "allow" | "deny";
                    readonly quotas?: {
                        readonly maxQueuedPerMember?: number;
                        readonly maxTrackLengthSec?: number;
                    };
                    readonly rules: readonly {
                        readonly channels?: readonly string[];
                        readonly commands: "all" | readonly ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume")[];
                        /** @enum {string} */
                        readonly effect: "allow" | "deny";
                        readonly id: string;
                        readonly when?: {
                            readonly hours?: {
                                readonly from: string;
                                readonly to: string;
                            };
                            readonly weekdays?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                            readonly zone: string;
                        };
                        readonly who: {
                            /** @enum {boolean} */
                            readonly everyone?: true;
                            readonly permissions?: readonly ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                            readonly roles?: readonly string[];
                            readonly users?: readonly string[];
                        };
                    }[];
                    readonly sources?: readonly ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                    readonly voteSkip?: {
                        readonly share: number;
                    };
                };
                readonly "application/yaml": {
                    readonly dj?: {
                        readonly roles: readonly string[];
                    };
                    /** @enum {string} */
                    readonly otherwise: "allow" | "deny";
                    readonly quotas?: {
                        readonly maxQueuedPerMember?: number;
                        readonly maxTrackLengthSec?: number;
                    };
                    readonly rules: readonly {
                        readonly channels?: readonly string[];
                        readonly commands: "all" | readonly ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume")[];
                        /** @enum {string} */
                        readonly effect: "allow" | "deny";
                        readonly id: string;
                        readonly when?: {
                            readonly hours?: {
                                readonly from: string;
                                readonly to: string;
                            };
                            readonly weekdays?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                            readonly zone: string;
                        };
                        readonly who: {
                            /** @enum {boolean} */
                            readonly everyone?: true;
                            readonly permissions?: readonly ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                            readonly roles?: readonly string[];
                            readonly users?: readonly string[];
                        };
                    }[];
                    readonly sources?: readonly ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                    readonly voteSkip?: {
                        readonly share: number;
                    };
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly author: string;
                        readonly createdAt: string | null;
                        readonly policy: {
                            readonly dj?: {
                                readonly roles: readonly string[];
                            };
                            /** @enum {string} */
                            readonly otherwise: "allow" | "deny";
                            readonly quotas?: {
                                readonly maxQueuedPerMember?: number;
                                readonly maxTrackLengthSec?: number;
                            };
                            readonly rules: readonly {
                                readonly channels?: readonly string[];
                                readonly commands: "all" | readonly ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume")[];
                                /** @enum {string} */
                                readonly effect: "allow" | "deny";
                                readonly id: string;
                                readonly when?: {
                                    readonly hours?: {
                                        readonly from: string;
                                        readonly to: string;
                                    };
                                    readonly weekdays?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                                    readonly zone: string;
                                };
                                readonly who: {
                                    /** @enum {boolean} */
                                    readonly everyone?: true;
                                    readonly permissions?: readonly ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                                    readonly roles?: readonly string[];
                                    readonly users?: readonly string[];
                                };
                            }[];
                            readonly sources?: readonly ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                            readonly voteSkip?: {
                                readonly share: number;
                            };
                        };
                        readonly version: number;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly patchPolicy: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
                readonly "if-match"?: string;
            };
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/merge-patch+json": {
                    readonly [key: string]: unknown;
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly author: string;
                        readonly createdAt: string | null;
                        readonly policy: {
                            readonly dj?: {
                                readonly roles: readonly string[];
                            };
                            /** @enum {string} */
                            readonly otherwise: "allow" | "deny";
                            readonly quotas?: {
                                readonly maxQueuedPerMember?: number;
                                readonly maxTrackLengthSec?: number;
                            };
                            readonly rules: readonly {
                                readonly channels?: readonly string[];
                                readonly commands: "all" | readonly ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume")[];
                                /** @enum {string} */
                                readonly effect: "allow" | "deny";
                                readonly id: string;
                                readonly when?: {
                                    readonly hours?: {
                                        readonly from: string;
                                        readonly to: string;
                                    };
                                    readonly weekdays?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                                    readonly zone: string;
                                };
                                readonly who: {
                                    /** @enum {boolean} */
                                    readonly everyone?: true;
                                    readonly permissions?: readonly ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                                    readonly roles?: readonly string[];
                                    readonly users?: readonly string[];
                                };
                            }[];
                            readonly sources?: readonly ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                            readonly voteSkip?: {
                                readonly share: number;
                            };
                        };
                        readonly version: number;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly copyPolicy: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
                readonly "if-match"?: string;
            };
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly from?: string;
                    readonly to?: string;
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly author: string;
                        readonly createdAt: string | null;
                        readonly guild: string;
                        readonly policy: {
                            readonly dj?: {
                                readonly roles: readonly string[];
                            };
                            /** @enum {string} */
                            readonly otherwise: "allow" | "deny";
                            readonly quotas?: {
                                readonly maxQueuedPerMember?: number;
                                readonly maxTrackLengthSec?: number;
                            };
                            readonly rules: readonly {
                                readonly channels?: readonly string[];
                                readonly commands: "all" | readonly ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume")[];
                                /** @enum {string} */
                                readonly effect: "allow" | "deny";
                                readonly id: string;
                                readonly when?: {
                                    readonly hours?: {
                                        readonly from: string;
                                        readonly to: string;
                                    };
                                    readonly weekdays?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                                    readonly zone: string;
                                };
                                readonly who: {
                                    /** @enum {boolean} */
                                    readonly everyone?: true;
                                    readonly permissions?: readonly ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                                    readonly roles?: readonly string[];
                                    readonly users?: readonly string[];
                                };
                            }[];
                            readonly sources?: readonly ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                            readonly voteSkip?: {
                                readonly share: number;
                            };
                        };
                        readonly version: number;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly tryPolicy: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    /** Format: date-time */
                    readonly at?: string;
                    readonly member: {
                        readonly channel?: string;
                        readonly permissions?: string;
                        readonly roles?: readonly string[];
                        readonly user?: string;
                    };
                    readonly policy?: {
                        readonly dj?: {
                            readonly roles: readonly string[];
                        };
                        /** @enum {string} */
                        readonly otherwise: "allow" | "deny";
                        readonly quotas?: {
                            readonly maxQueuedPerMember?: number;
                            readonly maxTrackLengthSec?: number;
                        };
                        readonly rules: readonly {
                            readonly channels?: readonly string[];
                            readonly commands: "all" | readonly ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume")[];
                            /** @enum {string} */
                            readonly effect: "allow" | "deny";
                            readonly id: string;
                            readonly when?: {
                                readonly hours?: {
                                    readonly from: string;
                                    readonly to: string;
                                };
                                readonly weekdays?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                                readonly zone: string;
                            };
                            readonly who: {
                                /** @enum {boolean} */
                                readonly everyone?: true;
                                readonly permissions?: readonly ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                                readonly roles?: readonly string[];
                                readonly users?: readonly string[];
                            };
                        }[];
                        readonly sources?: readonly ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                        readonly voteSkip?: {
                            readonly share: number;
                        };
                    };
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly cells: readonly {
                            readonly allowed: boolean;
                            /** @enum {string} */
                            readonly command: "play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume";
                            readonly message: string;
                            readonly obligations?: {
                                readonly maxQueuedPerMember?: number;
                                readonly maxTrackLengthMs?: number;
                                readonly sources?: readonly string[];
                                readonly voteShare?: number;
                            };
                            readonly rule?: string;
                        }[];
                        readonly version: number | null;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly readEffectivePolicy: {
        readonly parameters: {
            readonly query?: {
                readonly at?: string;
                readonly channel?: string;
                readonly permissions?: string;
                readonly roles?: string;
                readonly user?: string;
            };
            readonly header?: never;
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly cells: readonly {
                            readonly allowed: boolean;
                            /** @enum {string} */
                            readonly command: "play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume";
                            readonly message: string;
                            readonly obligations?: {
                                readonly maxQueuedPerMember?: number;
                                readonly maxTrackLengthMs?: number;
                                readonly sources?: readonly string[];
                                readonly voteShare?: number;
                            };
                            readonly rule?: string;
                        }[];
                        readonly version: number | null;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly readPolicyHistory: {
        readonly parameters: {
            readonly query?: {
                readonly cursor?: string;
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly {
                            readonly author: string;
                            readonly createdAt: string | null;
                            readonly policy: {
                                readonly dj?: {
                                    readonly roles: readonly string[];
                                };
                                /** @enum {string} */
                                readonly otherwise: "allow" | "deny";
                                readonly quotas?: {
                                    readonly maxQueuedPerMember?: number;
                                    readonly maxTrackLengthSec?: number;
                                };
                                readonly rules: readonly {
                                    readonly channels?: readonly string[];
                                    readonly commands: "all" | readonly ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume")[];
                                    /** @enum {string} */
                                    readonly effect: "allow" | "deny";
                                    readonly id: string;
                                    readonly when?: {
                                        readonly hours?: {
                                            readonly from: string;
                                            readonly to: string;
                                        };
                                        readonly weekdays?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                                        readonly zone: string;
                                    };
                                    readonly who: {
                                        /** @enum {boolean} */
                                        readonly everyone?: true;
                                        readonly permissions?: readonly ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                                        readonly roles?: readonly string[];
                                        readonly users?: readonly string[];
                                    };
                                }[];
                                readonly sources?: readonly ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                                readonly voteSkip?: {
                                    readonly share: number;
                                };
                            };
                            readonly version: number;
                        }[];
                        readonly nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly rollBackPolicy: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
                readonly "if-match"?: string;
            };
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly version: number;
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly author: string;
                        readonly createdAt: string | null;
                        readonly policy: {
                            readonly dj?: {
                                readonly roles: readonly string[];
                            };
                            /** @enum {string} */
                            readonly otherwise: "allow" | "deny";
                            readonly quotas?: {
                                readonly maxQueuedPerMember?: number;
                                readonly maxTrackLengthSec?: number;
                            };
                            readonly rules: readonly {
                                readonly channels?: readonly string[];
                                readonly commands: "all" | readonly ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume")[];
                                /** @enum {string} */
                                readonly effect: "allow" | "deny";
                                readonly id: string;
                                readonly when?: {
                                    readonly hours?: {
                                        readonly from: string;
                                        readonly to: string;
                                    };
                                    readonly weekdays?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                                    readonly zone: string;
                                };
                                readonly who: {
                                    /** @enum {boolean} */
                                    readonly everyone?: true;
                                    readonly permissions?: readonly ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                                    readonly roles?: readonly string[];
                                    readonly users?: readonly string[];
                                };
                            }[];
                            readonly sources?: readonly ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                            readonly voteSkip?: {
                                readonly share: number;
                            };
                        };
                        readonly version: number;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly validatePolicy: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly guild: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly dj?: {
                        readonly roles: readonly string[];
                    };
                    /** @enum {string} */
                    readonly otherwise: "allow" | "deny";
                    readonly quotas?: {
                        readonly maxQueuedPerMember?: number;
                        readonly maxTrackLengthSec?: number;
                    };
                    readonly rules: readonly {
                        readonly channels?: readonly string[];
                        readonly commands: "all" | readonly ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume")[];
                        /** @enum {string} */
                        readonly effect: "allow" | "deny";
                        readonly id: string;
                        readonly when?: {
                            readonly hours?: {
                                readonly from: string;
                                readonly to: string;
                            };
                            readonly weekdays?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                            readonly zone: string;
                        };
                        readonly who: {
                            /** @enum {boolean} */
                            readonly everyone?: true;
                            readonly permissions?: readonly ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                            readonly roles?: readonly string[];
                            readonly users?: readonly string[];
                        };
                    }[];
                    readonly sources?: readonly ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                    readonly voteSkip?: {
                        readonly share: number;
                    };
                };
                readonly "application/yaml": {
                    readonly dj?: {
                        readonly roles: readonly string[];
                    };
                    /** @enum {string} */
                    readonly otherwise: "allow" | "deny";
                    readonly quotas?: {
                        readonly maxQueuedPerMember?: number;
                        readonly maxTrackLengthSec?: number;
                    };
                    readonly rules: readonly {
                        readonly channels?: readonly string[];
                        readonly commands: "all" | readonly ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume")[];
                        /** @enum {string} */
                        readonly effect: "allow" | "deny";
                        readonly id: string;
                        readonly when?: {
                            readonly hours?: {
                                readonly from: string;
                                readonly to: string;
                            };
                            readonly weekdays?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                            readonly zone: string;
                        };
                        readonly who: {
                            /** @enum {boolean} */
                            readonly everyone?: true;
                            readonly permissions?: readonly ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                            readonly roles?: readonly string[];
                            readonly users?: readonly string[];
                        };
                    }[];
                    readonly sources?: readonly ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                    readonly voteSkip?: {
                        readonly share: number;
                    };
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly policy: {
                            readonly dj?: {
                                readonly roles: readonly string[];
                            };
                            /** @enum {string} */
                            readonly otherwise: "allow" | "deny";
                            readonly quotas?: {
                                readonly maxQueuedPerMember?: number;
                                readonly maxTrackLengthSec?: number;
                            };
                            readonly rules: readonly {
                                readonly channels?: readonly string[];
                                readonly commands: "all" | readonly ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume")[];
                                /** @enum {string} */
                                readonly effect: "allow" | "deny";
                                readonly id: string;
                                readonly when?: {
                                    readonly hours?: {
                                        readonly from: string;
                                        readonly to: string;
                                    };
                                    readonly weekdays?: readonly ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                                    readonly zone: string;
                                };
                                readonly who: {
                                    /** @enum {boolean} */
                                    readonly everyone?: true;
                                    readonly permissions?: readonly ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                                    readonly roles?: readonly string[];
                                    readonly users?: readonly string[];
                                };
                            }[];
                            readonly sources?: readonly ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                            readonly voteSkip?: {
                                readonly share: number;
                            };
                        };
                        /** @enum {boolean} */
                        readonly valid: true;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listInvitations: {
        readonly parameters: {
            readonly query?: {
                readonly cursor?: string;
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly {
                            /** Format: date-time */
                            readonly createdAt: string;
                            readonly createdBy: string;
                            /** Format: date-time */
                            readonly expiresAt: string;
                            readonly id: string;
                            readonly note: string | null;
                            /** @enum {string} */
                            readonly role: "owner" | "admin" | "auditor" | "viewer";
                        }[];
                        readonly nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly invite: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly note?: string;
                    /** @enum {string} */
                    readonly role: "owner" | "admin" | "auditor" | "viewer";
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 201: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** Format: date-time */
                        readonly createdAt: string;
                        readonly createdBy: string;
                        /** Format: date-time */
                        readonly expiresAt: string;
                        readonly id: string;
                        readonly note: string | null;
                        /** @enum {string} */
                        readonly role: "owner" | "admin" | "auditor" | "viewer";
                        readonly url: string;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly withdrawInvitation: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly invitation: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly followTenant: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Server-sent events (HTML Standard, 9.2); each has a name and JSON as its data */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/event-stream": string;
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listMembers: {
        readonly parameters: {
            readonly query?: {
                readonly cursor?: string;
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly {
                            readonly avatarUrl: string | null;
                            readonly name: string;
                            /** @enum {string} */
                            readonly role: "owner" | "admin" | "auditor" | "viewer";
                            /** Format: date-time */
                            readonly since: string;
                            readonly subject: string;
                        }[];
                        readonly nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly setMemberRole: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly subject: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    /** @enum {string} */
                    readonly role: "owner" | "admin" | "auditor" | "viewer";
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        /** @enum {string} */
                        readonly role: "owner" | "admin" | "auditor" | "viewer";
                        readonly subject: string;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly removeMember: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly subject: string;
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly readOnboarding: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly checks: readonly {
                            readonly code?: string;
                            readonly data?: {
                                readonly [key: string]: unknown;
                            };
                            readonly detail?: string;
                            /** @enum {string} */
                            readonly id: "token" | "application" | "duplicate" | "interactions-endpoint" | "stored" | "instance" | "commands" | "invite" | "member" | "voice-permissions" | "joined" | "plays";
                            readonly mend?: string;
                            /** @enum {string} */
                            readonly state: "waiting" | "running" | "passed" | "failed" | "needs-you";
                            readonly title: string;
                        }[];
                        readonly done: boolean;
                        readonly place: {
                            readonly guild: string;
                            readonly voiceChannel: string;
                        } | null;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly startOnboarding: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly applicationId?: string;
                    readonly token: string;
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly checks: readonly {
                            readonly code?: string;
                            readonly data?: {
                                readonly [key: string]: unknown;
                            };
                            readonly detail?: string;
                            /** @enum {string} */
                            readonly id: "token" | "application" | "duplicate" | "interactions-endpoint" | "stored" | "instance" | "commands" | "invite" | "member" | "voice-permissions" | "joined" | "plays";
                            readonly mend?: string;
                            /** @enum {string} */
                            readonly state: "waiting" | "running" | "passed" | "failed" | "needs-you";
                            readonly title: string;
                        }[];
                        readonly done: boolean;
                        readonly place: {
                            readonly guild: string;
                            readonly voiceChannel: string;
                        } | null;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly retryCheck: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly check: "token" | "application" | "duplicate" | "interactions-endpoint" | "stored" | "instance" | "commands" | "invite" | "member" | "voice-permissions" | "joined" | "plays";
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly checks: readonly {
                            readonly code?: string;
                            readonly data?: {
                                readonly [key: string]: unknown;
                            };
                            readonly detail?: string;
                            /** @enum {string} */
                            readonly id: "token" | "application" | "duplicate" | "interactions-endpoint" | "stored" | "instance" | "commands" | "invite" | "member" | "voice-permissions" | "joined" | "plays";
                            readonly mend?: string;
                            /** @enum {string} */
                            readonly state: "waiting" | "running" | "passed" | "failed" | "needs-you";
                            readonly title: string;
                        }[];
                        readonly done: boolean;
                        readonly place: {
                            readonly guild: string;
                            readonly voiceChannel: string;
                        } | null;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly followOnboarding: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: never;
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Server-sent events (HTML Standard, 9.2); each has a name and JSON as its data */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "text/event-stream": string;
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly choosePlace: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly guild: string;
                    readonly voiceChannel: string;
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly checks: readonly {
                            readonly code?: string;
                            readonly data?: {
                                readonly [key: string]: unknown;
                            };
                            readonly detail?: string;
                            /** @enum {string} */
                            readonly id: "token" | "application" | "duplicate" | "interactions-endpoint" | "stored" | "instance" | "commands" | "invite" | "member" | "voice-permissions" | "joined" | "plays";
                            readonly mend?: string;
                            /** @enum {string} */
                            readonly state: "waiting" | "running" | "passed" | "failed" | "needs-you";
                            readonly title: string;
                        }[];
                        readonly done: boolean;
                        readonly place: {
                            readonly guild: string;
                            readonly voiceChannel: string;
                        } | null;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly resumeOnboarding: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly checks: readonly {
                            readonly code?: string;
                            readonly data?: {
                                readonly [key: string]: unknown;
                            };
                            readonly detail?: string;
                            /** @enum {string} */
                            readonly id: "token" | "application" | "duplicate" | "interactions-endpoint" | "stored" | "instance" | "commands" | "invite" | "member" | "voice-permissions" | "joined" | "plays";
                            readonly mend?: string;
                            /** @enum {string} */
                            readonly state: "waiting" | "running" | "passed" | "failed" | "needs-you";
                            readonly title: string;
                        }[];
                        readonly done: boolean;
                        readonly place: {
                            readonly guild: string;
                            readonly voiceChannel: string;
                        } | null;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly handOverTenant: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly subject: string;
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 204: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly listPolicies: {
        readonly parameters: {
            readonly query?: {
                readonly cursor?: string;
                readonly limit?: number;
            };
            readonly header?: never;
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly items: readonly {
                            readonly guild: string;
                            readonly version: number;
                        }[];
                        readonly nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly resumeTenant: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody?: never;
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly applicationId: string | null;
                        readonly botUserId: string | null;
                        /** Format: date-time */
                        readonly createdAt: string;
                        readonly id: string;
                        readonly name: string;
                        readonly reason: string | null;
                        /** @enum {string} */
                        readonly status: "created" | "active" | "suspended" | "deleting";
                        readonly suspendedBy: string | null;
                        readonly version: number;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly suspendTenant: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly reason: string;
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly applicationId: string | null;
                        readonly botUserId: string | null;
                        /** Format: date-time */
                        readonly createdAt: string;
                        readonly id: string;
                        readonly name: string;
                        readonly reason: string | null;
                        /** @enum {string} */
                        readonly status: "created" | "active" | "suspended" | "deleting";
                        readonly suspendedBy: string | null;
                        readonly version: number;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readonly storeToken: {
        readonly parameters: {
            readonly query?: never;
            readonly header?: {
                /** @description The same key with the same request gives the same answer for a day, and nothing is done twice */
                readonly "idempotency-key"?: string;
            };
            readonly path: {
                readonly tenant: string;
            };
            readonly cookie?: never;
        };
        readonly requestBody: {
            readonly content: {
                readonly "application/json": {
                    readonly applicationId?: string;
                    readonly token: string;
                };
            };
        };
        readonly responses: {
            /** @description Default Response */
            readonly 200: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/json": {
                        readonly applicationId: string;
                        readonly botUserId: string;
                        readonly botUsername: string;
                        readonly inviteUrl: string;
                    };
                };
            };
            /** @description Refused */
            readonly default: {
                headers: {
                    readonly [name: string]: unknown;
                };
                content: {
                    readonly "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
}
