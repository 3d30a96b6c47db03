// Made from the API's own description: do not edit. After a change of the API:
//   npm run client

export interface paths {
    "/v1/auth/discord": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Sign in with Discord
         * @description Redirects to Discord to sign in, and afterwards back to `returnTo`, a path of this origin.
         */
        get: operations["beginDiscordSignIn"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/discord/callback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Discord callback
         * @description Receives the browser from Discord and redirects to `returnTo`, or to `/sign-in?problem=<code>`.
         */
        get: operations["finishDiscordSignIn"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/one-time": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in as operator
         * @description Exchanges a one-time operator sign-in for a browser session.
         */
        post: operations["signInOnce"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Renew a browser session
         * @description Renews a browser session. Using a refresh token twice ends the session.
         */
        post: operations["refreshSession"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Sign out
         * @description Signs out in this browser.
         */
        delete: operations["endSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/auth/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Sign out everywhere
         * @description Signs out in all browsers.
         */
        delete: operations["endAllSessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deletions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List deletions
         * @description Returns the deletions of tenants that you asked for, oldest first; for operators, all of them.
         */
        get: operations["listDeletions"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deletions/{deletion}/certificate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a certificate
         * @description Returns the certificate of a deletion: a note that the platform has signed, verifiable offline.
         */
        get: operations["readDeletionCertificate"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/deletions/key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the certificate key
         * @description Returns the public key that verifies certificates of deletion. Keep it separate from them.
         */
        get: operations["readDeletionKey"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invitations/accept": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Accept an invitation
         * @description Accepts an invitation and makes you a member.
         */
        post: operations["acceptInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/invitations/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Preview an invitation
         * @description Returns the tenant, its bot, the role and the inviter before you accept an invitation.
         */
        post: operations["previewInvitation"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/me": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the signed-in person
         * @description Returns the signed-in person and their tenants.
         */
        get: operations["whoAmI"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/dead-letters": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List dead letters
         * @description Returns the events that could not be handled, and what was not believed to be one; newest first.
         */
        get: operations["listDeadLetters"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/dead-letters/{deadLetter}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay a dead letter
         * @description Has an event handled that could not be handled before, once. 409: it was, or nobody knows who sent it.
         */
        post: operations["replayDeadLetter"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get platform health
         * @description Returns the health of every process, with causes, the custodians of keys, the circuit breakers and the Lavalink nodes.
         */
        get: operations["readHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/identity-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List identity keys
         * @description Returns the keys that certify processes and sign what they say to each other, with their ages, but never a key.
         */
        get: operations["readIdentityKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/identity-keys/{kind}/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate identity keys
         * @description Creates the next key of a kind. It takes over once every process knows it, and the earlier one is destroyed when nothing that it signed is valid any more; no call fails meanwhile.
         */
        post: operations["rotateIdentityKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/keys/rotation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the rotation of all keys
         * @description Returns how far the latest rotation of all tenants' keys is.
         */
        get: operations["readRotationOfAll"];
        put?: never;
        /**
         * Rotate the keys of all tenants
         * @description Rotates the keys of every tenant, four tenants at a time, which continues by itself.
         */
        post: operations["rotateAllKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/machines": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List machines
         * @description Returns the machines of the platform, with the parts that run on each and for how many tenants they act.
         */
        get: operations["listMachines"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/machines/{machine}/draining": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Drain a machine
         * @description Drains a machine, or ends that: its tenants move to other machines while their music plays, and it gets no new ones. It is empty when its parts have no tenants.
         */
        put: operations["drainMachine"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/nodes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List Lavalink nodes
         * @description Returns the Lavalink nodes, with how many players each has.
         */
        get: operations["listLavalinkNodes"];
        put?: never;
        /**
         * Add a Lavalink node
         * @description Adds a Lavalink node, which gets players from now on. Its password is sealed for gateway-proxy alone.
         */
        post: operations["addLavalinkNode"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/nodes/{node}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a Lavalink node
         * @description Removes a Lavalink node that is being drained. Music that it still has goes on at another after some seconds.
         */
        delete: operations["removeLavalinkNode"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/nodes/{node}/draining": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Drain a Lavalink node
         * @description Drains a Lavalink node, or ends that: its music moves to other nodes without losing its place, and it gets no new players. It is empty when it has no players.
         */
        put: operations["drainLavalinkNode"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/projections": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List read models
         * @description Returns how far each read model is behind what happens, and what is being rebuilt.
         */
        get: operations["listProjections"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/projections/{projection}/rebuild": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rebuild a read model
         * @description Builds a read model anew from all events that are kept, while what there is stays in use. 409: it is being rebuilt already.
         */
        post: operations["rebuildProjection"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/schedules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List scheduled tasks
         * @description Returns what is done at certain times: when next, what came of the latest run, and what was missed.
         */
        get: operations["listSchedules"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/schedules/{schedule}/run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Run a scheduled task
         * @description Has a scheduled task run now, once. What comes of it is in the list. 409: it is running already.
         */
        post: operations["runSchedule"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/statistics/recent": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get plays of all tenants
         * @description Returns what was played and failed in the last minutes, hour and day, of all tenants together.
         */
        get: operations["readRecentPlaysOfAll"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List all tenants
         * @description Returns every tenant, oldest first, with the state of its bot.
         */
        get: operations["listAllTenants"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/tenants/{hosted}/move": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Move a tenant
         * @description Moves a tenant to a machine while its music plays: its bot, its session, and then its players. If a part is not ready there, everything goes back. It stays on that machine until it is moved again or released. The workflow says how far it is.
         */
        post: operations["moveTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/tenants/{hosted}/placement": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get where a tenant runs
         * @description Returns the machines on which a tenant's bot, session and music run.
         */
        get: operations["readPlacement"];
        put?: never;
        post?: never;
        /**
         * Release a moved tenant
         * @description Releases a tenant that was moved to a machine: it may run wherever there is room again.
         */
        delete: operations["releasePlacement"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/workflows": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List workflows
         * @description Returns the workflows of the platform, such as deletions of tenants, the latest first.
         */
        get: operations["listWorkflows"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/workflows/{workflow}/compensate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Compensate a workflow
         * @description Stops a workflow and takes back its steps, in reverse order; it has failed then. 409 with the reason if it is done, or cannot be taken back.
         */
        post: operations["compensateWorkflow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operator/workflows/{workflow}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry a workflow
         * @description Repeats a failed workflow from the step that failed; of one that waits for its next attempt, makes that attempt now.
         */
        post: operations["retryWorkflow"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operators": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List operators
         * @description Returns the operators who sign in with Discord.
         */
        get: operations["listOperators"];
        put?: never;
        /**
         * Add an operator
         * @description Makes somebody an operator, effective from their next sign-in with Discord.
         */
        post: operations["addOperator"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/operators/{operator}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove an operator
         * @description Removes an operator and the API keys that they created as one. The last operator cannot be removed.
         */
        delete: operations["removeOperator"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Sign in from the command line
         * @description Exchanges a one-time operator sign-in for a session.
         */
        post: operations["signIn"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/sessions/current": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End this session
         * @description Ends this session.
         */
        delete: operations["signOut"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List tenants
         * @description Returns the tenants that you may see, oldest first.
         */
        get: operations["listTenants"];
        put?: never;
        /**
         * Create a tenant
         * @description Creates a tenant with you as its owner.
         */
        post: operations["createTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a tenant
         * @description Returns a tenant with the state of its connection to Discord and of its process.
         */
        get: operations["readTenant"];
        put?: never;
        post?: never;
        /**
         * Delete a tenant
         * @description Deletes a tenant. Its bot stops, and its token and key are destroyed. Its audit log is kept, for operators only. The header Deletion-Id names the deletion, whose certificate you can read. 202: not complete yet; the deletion continues by itself.
         */
        delete: operations["deleteTenant"];
        options?: never;
        head?: never;
        /**
         * Rename a tenant
         * @description Renames a tenant. If-Match holds the ETag that you read.
         */
        patch: operations["renameTenant"];
        trace?: never;
    };
    "/v1/tenants/{tenant}/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List API keys
         * @description Returns the tenant's API keys, newest first.
         */
        get: operations["listApiKeys"];
        put?: never;
        /**
         * Create an API key
         * @description Creates an API key. The key is shown only once and never allows more than you may do yourself.
         */
        post: operations["makeApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/api-keys/{key}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove an API key
         * @description Removes an API key, which stops working at once.
         */
        delete: operations["removeApiKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/audit/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export the log
         * @description Returns the log, or a selection of it, as a file that can be verified offline. The header export-cursor holds the cursor for resuming an interrupted download.
         */
        get: operations["exportAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/audit/export/manifest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get an export manifest
         * @description Returns what an export holds, its length and digest, and the cursor that yields exactly that file.
         */
        get: operations["readAuditManifest"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/audit/key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the public key
         * @description Returns the public key of the tenant's log, for verifying exports, and the keys that it replaced. Keep it separate from exports.
         */
        get: operations["readAuditKey"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/audit/records": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List records
         * @description Returns sealed records, newest first. A page may hold fewer records than requested, or none, and still have a next page.
         */
        get: operations["listAuditRecords"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/audit/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow records
         * @description Streams records as they are sealed, each as an event whose id is its index; resumes after Last-Event-ID.
         */
        get: operations["followAudit"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/decisions/{decision}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Explain a decision
         * @description Explains why something was allowed or denied, by repeating the decision under the policy in force at the time, and what would have allowed it.
         */
        get: operations["explainDecision"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/discord-members/{user}/data": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Erase a Discord member's data
         * @description Erases what is stored of a Discord member at the tenant: favourites, playlists, what they asked for in histories, and their id in queues, votes and the audit log, which still verifies. Then the tenant's keys are replaced, so that no backup brings it back. What they did as a member of the tenant stays in the log.
         */
        delete: operations["eraseMember"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/features": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List features
         * @description Returns what can be switched off, and what guilds of the tenant have unless it is decided for them.
         */
        get: operations["listFeatures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/features/{feature}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Switch a feature
         * @description Switches a feature on or off for the tenant, in force within a second; null returns it to the default.
         */
        put: operations["switchFeature"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List guilds
         * @description Returns the servers that the bot is in, by name, with what is playing there.
         */
        get: operations["listGuilds"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a guild
         * @description Returns a server's channels and roles, and the permissions that the bot lacks in each voice channel.
         */
        get: operations["readGuild"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/features": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List features of a guild
         * @description Returns what a guild has of what can be switched off.
         */
        get: operations["listGuildFeatures"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/features/{feature}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Switch a feature for a guild
         * @description Switches a feature on or off for a guild, in force within a second; null returns it to the tenant’s.
         */
        put: operations["switchGuildFeature"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Find members of a guild
         * @description Finds members of a server whose user name or nickname begins with `query`, or returns the names of `ids` (comma-separated); at most 25. Members whose names are currently unavailable are omitted.
         */
        get: operations["listGuildMembers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/player": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a player
         * @description Returns what is playing and what comes next.
         */
        get: operations["readPlayer"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/player/pause": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause
         * @description Pauses the current track.
         */
        post: operations["pausePlayer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/player/queue": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the queue
         * @description Returns the queue in order. Pages may overlap or miss tracks if the queue changes between requests.
         */
        get: operations["listQueue"];
        put?: never;
        /**
         * Add to the queue
         * @description Adds the result of a search or URL. A bot that is in no voice channel joins the one given, or else yours.
         */
        post: operations["enqueue"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/player/queue/{entry}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a track
         * @description Removes a track from the queue.
         */
        delete: operations["removeTrack"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/player/queue/move": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Move a track
         * @description Moves a track within the queue; position 0 plays next.
         */
        post: operations["moveTrack"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/player/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume
         * @description Resumes the current track.
         */
        post: operations["resumePlayer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/player/skip": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Skip
         * @description Skips to the next track.
         */
        post: operations["skipPlayer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/player/stop": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Stop and leave
         * @description Stops the music, clears the queue and leaves the voice channel.
         */
        post: operations["stopPlayer"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/player/volume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Set the volume
         * @description Sets the volume, in percent.
         */
        put: operations["setPlayerVolume"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/policy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a policy
         * @description Returns a guild's current policy, the policy `at` a given time, or a given `version`; version 0 is the default.
         */
        get: operations["readPolicy"];
        /**
         * Replace a policy
         * @description Replaces a guild's policy. If-Match holds the ETag of the version that you read, and is required if the guild has a policy.
         */
        put: operations["replacePolicy"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        /**
         * Patch a policy
         * @description Changes parts of a guild's policy (merge patch, RFC 7396: a list is replaced as a whole, null removes a field).
         */
        patch: operations["patchPolicy"];
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/policy/copy": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Copy a policy
         * @description Copies the policy from or to another guild of the tenant. If-Match applies to the guild that is changed.
         */
        post: operations["copyPolicy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/policy/dry-run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Test a policy
         * @description Tests what a proposed policy, or the current one, lets a member do, with one decision for each command.
         */
        post: operations["tryPolicy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/policy/effective": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get effective permissions
         * @description Returns what a member may do under the current policy; `roles` are comma-separated ids.
         */
        get: operations["readEffectivePolicy"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/policy/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List versions
         * @description Returns every version, newest first.
         */
        get: operations["readPolicyHistory"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/policy/rollback": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Roll back a policy
         * @description Restores an earlier version as a new version.
         */
        post: operations["rollBackPolicy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/policy/validate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Validate a policy
         * @description Checks a policy without saving it.
         */
        post: operations["validatePolicy"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/settings": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get a guild's settings
         * @description Returns how the bot behaves in a guild; version 0 is the default.
         */
        get: operations["readGuildSettings"];
        /**
         * Replace a guild's settings
         * @description Replaces how the bot behaves in a guild. If-Match holds the ETag of the version that you read.
         */
        put: operations["replaceGuildSettings"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Look at a moment
         * @description Returns a server as it was `at` a given time: the player, the policy, what had just been denied, and what the tenant and its token were.
         */
        get: operations["readTimeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/guilds/{guild}/timeline/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what happened
         * @description Returns what happened to a server's player, oldest first.
         */
        get: operations["listTimelineEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List invitations
         * @description Returns open invitations, newest first.
         */
        get: operations["listInvitations"];
        put?: never;
        /**
         * Create an invitation
         * @description Creates an invitation. Its link is shown only once and can be used once within seven days.
         */
        post: operations["invite"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/invitations/{invitation}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Withdraw an invitation
         * @description Withdraws an invitation. An API key cannot withdraw an owner's invitation.
         */
        delete: operations["withdrawInvitation"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List encryption keys
         * @description Returns the versions and ages of the tenant's keys, and their custodian, but never a key.
         */
        get: operations["readKeys"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/keys/external": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the key of your own
         * @description Returns which key of the tenant's own Vault is used, and whether it works.
         */
        get: operations["readExternalKey"];
        /**
         * Set a key of your own
         * @description Has a transit key in the tenant's own Vault protect what is stored, together with the platform's keys, once it is proven to work. Without it nothing can be opened, and the bot stops. 202: not complete yet; it continues by itself.
         */
        put: operations["setExternalKey"];
        post?: never;
        /**
         * Remove the key of your own
         * @description Re-encrypts what is stored with the platform's keys alone, for which the tenant's own key must still work, and forgets that key. 202: not complete yet; it continues by itself.
         */
        delete: operations["removeExternalKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/keys/external/abandon": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Abandon a change of your key
         * @description Goes back to the key, or to none, that was used before a change that was given up. 202: not complete yet; it continues by itself.
         */
        post: operations["abandonExternalKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/keys/external/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry a change of your key
         * @description Continues a change of the key that was given up. 202: not complete yet; it continues by itself.
         */
        post: operations["retryExternalKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/keys/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate the keys
         * @description Replaces the keys that encrypt what is stored, re-encrypts it, and destroys the older versions, while the bot keeps running. 202: not complete yet; it continues by itself, and `rotatedAt` of the schedule tells when it is.
         */
        post: operations["rotateKeys"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/keys/schedule": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the rotation schedule
         * @description Returns how often the keys are rotated, when they last were, and when they are next due.
         */
        get: operations["readKeySchedule"];
        /**
         * Set the rotation schedule
         * @description Sets after how many days the keys are rotated.
         */
        put: operations["setKeySchedule"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow live state
         * @description Streams the players (`player`, and `players` once all are known), the connection to Discord (`session`) and the process (`instance`): first the current state, then each change. `end` states why the stream ends.
         */
        get: operations["followTenant"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/members": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List members
         * @description Returns the members of the tenant with their roles.
         */
        get: operations["listMembers"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/members/{subject}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Change a role
         * @description Changes a member's role. The last owner's role cannot be changed, and an API key cannot change any owner's.
         */
        put: operations["setMemberRole"];
        post?: never;
        /**
         * Remove a member
         * @description Removes a member and the API keys that they created, or lets you leave. An API key cannot remove an owner.
         */
        delete: operations["removeMember"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/onboarding": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get onboarding
         * @description Returns the state of each check, the reason for a failure, and how to fix it.
         */
        get: operations["readOnboarding"];
        put?: never;
        /**
         * Start onboarding
         * @description Checks a pasted token, stores it, and runs all further checks.
         */
        post: operations["startOnboarding"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/onboarding/checks/{check}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry a check
         * @description Repeats a check and those after it.
         */
        post: operations["retryCheck"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/onboarding/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Follow onboarding
         * @description Streams the onboarding as `state` events: first the current state, then each change.
         */
        get: operations["followOnboarding"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/onboarding/place": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Choose a voice channel
         * @description Chooses the voice channel for the sound check.
         */
        put: operations["choosePlace"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/onboarding/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume onboarding
         * @description Continues where the onboarding stopped; failed checks are repeated.
         */
        post: operations["resumeOnboarding"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/ownership": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Transfer ownership
         * @description Transfers ownership of the tenant to another member; you become an admin.
         */
        post: operations["handOverTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/policies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List policies
         * @description Returns the guilds that have a policy of their own.
         */
        get: operations["listPolicies"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume a tenant
         * @description Starts the bot of a suspended tenant again.
         */
        post: operations["resumeTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/statistics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get statistics
         * @description Returns what was played over time, at which hours of the week, what failed, and how soon it was heard.
         */
        get: operations["readStatistics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/statistics/export": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Export statistics
         * @description Returns one table of the statistics as CSV.
         */
        get: operations["exportStatistics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/statistics/recent": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get recent plays
         * @description Returns what was played and failed in the last minutes, hour and day, and for how long music was heard.
         */
        get: operations["readRecentPlays"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/statistics/recent/top": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get what is played most now
         * @description Returns the tracks that were played most in the last hour or the last 24 hours.
         */
        get: operations["readRecentTops"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/statistics/top": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get what was played most
         * @description Returns the tracks and members behind most of what was played, by days of UTC. Members who opted out are not in it.
         */
        get: operations["readTops"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/suspend": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Suspend a tenant
         * @description Stops the bot until the tenant is resumed.
         */
        post: operations["suspendTenant"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/timeline": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Look at a tenant then
         * @description Returns a tenant as it was `at` a given time: its status and why, and whether its token was in force.
         */
        get: operations["readTenantTimeline"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/timeline/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List what became of a tenant
         * @description Returns what happened to a tenant and its Discord token, oldest first.
         */
        get: operations["listTenantTimelineEvents"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/token": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        /**
         * Store the Discord token
         * @description Checks the Discord token, stores it encrypted, and starts the tenant's bot.
         */
        put: operations["storeToken"];
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List webhooks
         * @description Returns the tenant's webhooks, at most ten.
         */
        get: operations["listWebhooks"];
        put?: never;
        /**
         * Create a webhook
         * @description Has events sent to an address on the public internet, signed as https://www.standardwebhooks.com describes. The secret is shown only once.
         */
        post: operations["createWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/webhooks/{webhook}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Remove a webhook
         * @description Removes a webhook with its deliveries; nothing more is sent there.
         */
        delete: operations["removeWebhook"];
        options?: never;
        head?: never;
        /**
         * Change a webhook
         * @description Changes what is named: address, description, events. `enabled: true` begins anew after it was disabled.
         */
        patch: operations["changeWebhook"];
        trace?: never;
    };
    "/v1/tenants/{tenant}/webhooks/{webhook}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List deliveries
         * @description Returns what was sent to a webhook in the last seven days and what came of it, newest first.
         */
        get: operations["listWebhookDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/webhooks/{webhook}/deliveries/{delivery}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay a delivery
         * @description Sends an event once more, with the same webhook-id, whatever came of it before.
         */
        post: operations["replayWebhookDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/webhooks/{webhook}/secret": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replace the secret
         * @description Replaces the secret, and shows the new one only once. For a day every request is signed with both, so that the receiver can be changed in the meantime.
         */
        post: operations["rotateWebhookSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/v1/tenants/{tenant}/webhooks/{webhook}/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a test event
         * @description Sends a test event now. What comes of it is in the deliveries.
         */
        post: operations["testWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface webhooks {
    "bot.unwell": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The bot is not running as it should
         * @description Signed as [Standard Webhooks](https://www.standardwebhooks.com) describes; verify it with one of their
         *     libraries and the secret of the webhook. Answer with a status from 200 to 299 within 15 seconds; redirects are not
         *     followed. Anything else is attempted again with growing pauses for three days; 410 disables the webhook at once. An event
         *     can arrive more than once, with the same `webhook-id`, and in any order.
         */
        post: operations["onBotUnwell"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "credential.refused": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Discord does not let the bot connect with its token any more
         * @description Signed as [Standard Webhooks](https://www.standardwebhooks.com) describes; verify it with one of their
         *     libraries and the secret of the webhook. Answer with a status from 200 to 299 within 15 seconds; redirects are not
         *     followed. Anything else is attempted again with growing pauses for three days; 410 disables the webhook at once. An event
         *     can arrive more than once, with the same `webhook-id`, and in any order.
         */
        post: operations["onCredentialRefused"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "key.rotated": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A key of the tenant's has been replaced
         * @description Signed as [Standard Webhooks](https://www.standardwebhooks.com) describes; verify it with one of their
         *     libraries and the secret of the webhook. Answer with a status from 200 to 299 within 15 seconds; redirects are not
         *     followed. Anything else is attempted again with growing pauses for three days; 410 disables the webhook at once. An event
         *     can arrive more than once, with the same `webhook-id`, and in any order.
         */
        post: operations["onKeyRotated"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "policy.changed": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A guild's policy has a new version
         * @description Signed as [Standard Webhooks](https://www.standardwebhooks.com) describes; verify it with one of their
         *     libraries and the secret of the webhook. Answer with a status from 200 to 299 within 15 seconds; redirects are not
         *     followed. Anything else is attempted again with growing pauses for three days; 410 disables the webhook at once. An event
         *     can arrive more than once, with the same `webhook-id`, and in any order.
         */
        post: operations["onPolicyChanged"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "queue.ended": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The queue of a guild has ended
         * @description Signed as [Standard Webhooks](https://www.standardwebhooks.com) describes; verify it with one of their
         *     libraries and the secret of the webhook. Answer with a status from 200 to 299 within 15 seconds; redirects are not
         *     followed. Anything else is attempted again with growing pauses for three days; 410 disables the webhook at once. An event
         *     can arrive more than once, with the same `webhook-id`, and in any order.
         */
        post: operations["onQueueEnded"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "tenant.suspended": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * The tenant was suspended, so its bot stops
         * @description Signed as [Standard Webhooks](https://www.standardwebhooks.com) describes; verify it with one of their
         *     libraries and the secret of the webhook. Answer with a status from 200 to 299 within 15 seconds; redirects are not
         *     followed. Anything else is attempted again with growing pauses for three days; 410 disables the webhook at once. An event
         *     can arrive more than once, with the same `webhook-id`, and in any order.
         */
        post: operations["onTenantSuspended"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "track.started": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * A track has started in a guild
         * @description Signed as [Standard Webhooks](https://www.standardwebhooks.com) describes; verify it with one of their
         *     libraries and the secret of the webhook. Answer with a status from 200 to 299 within 15 seconds; redirects are not
         *     followed. Anything else is attempted again with growing pauses for three days; 410 disables the webhook at once. An event
         *     can arrive more than once, with the same `webhook-id`, and in any order.
         */
        post: operations["onTrackStarted"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "usage.reported": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * What was used on a day (UTC), told after midnight
         * @description Signed as [Standard Webhooks](https://www.standardwebhooks.com) describes; verify it with one of their
         *     libraries and the secret of the webhook. Answer with a status from 200 to 299 within 15 seconds; redirects are not
         *     followed. Anything else is attempted again with growing pauses for three days; 410 disables the webhook at once. An event
         *     can arrive more than once, with the same `webhook-id`, and in any order.
         */
        post: operations["onUsageReported"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "webhook.test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Somebody tests the webhook
         * @description Signed as [Standard Webhooks](https://www.standardwebhooks.com) describes; verify it with one of their
         *     libraries and the secret of the webhook. Answer with a status from 200 to 299 within 15 seconds; redirects are not
         *     followed. Anything else is attempted again with growing pauses for three days; 410 disables the webhook at once. An event
         *     can arrive more than once, with the same `webhook-id`, and in any order.
         */
        post: operations["onWebhookTest"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export interface components {
    schemas: {
        Problem: {
            code: string;
            detail?: string;
            faults?: {
                at: string;
                /** @enum {string} */
                code?: "wrong-type" | "missing" | "unknown-field" | "over-limit" | "under-limit" | "wrong-format" | "unknown-value" | "invalid";
                message: string;
            }[];
            moreFaults?: number;
            params?: {
                [key: string]: string | number;
            };
            requestId?: string;
            status: number;
            title: string;
            type: string;
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
    beginDiscordSignIn: {
        parameters: {
            query?: {
                returnTo?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Redirects to Discord */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    finishDiscordSignIn: {
        parameters: {
            query?: {
                code?: string;
                state?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Redirects to `returnTo`, or to the sign-in page with a problem */
            302: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signInOnce: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    oneTimeToken: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    refreshSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    endSession: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    endAllSessions: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDeletions: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            certified: boolean;
                            endedAt: string | null;
                            id: string;
                            /** Format: date-time */
                            requestedAt: string;
                            requestedBy: string;
                            tenant: string;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readDeletionCertificate: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                deletion: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The certificate */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readDeletionKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        key: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    acceptInvitation: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    token: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        role: "owner" | "admin" | "auditor" | "viewer";
                        tenant: {
                            id: string;
                            name: string;
                        };
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    previewInvitation: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    token: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        bot: string | null;
                        currentRole: ("owner" | "admin" | "auditor" | "viewer") | null;
                        /** Format: date-time */
                        expiresAt: string;
                        invitedBy: string | null;
                        /** @enum {string} */
                        role: "owner" | "admin" | "auditor" | "viewer";
                        tenant: {
                            id: string;
                            name: string;
                        };
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    whoAmI: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        avatarUrl: string | null;
                        mayCreateTenants: boolean;
                        name: string;
                        operator: boolean;
                        subject: string;
                        tenants: {
                            id: string;
                            name: string;
                            /** @enum {string} */
                            role: "owner" | "admin" | "auditor" | "viewer";
                            /** @enum {string} */
                            status: "created" | "active" | "suspended" | "deleting";
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listDeadLetters: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** Format: date-time */
                            at: string;
                            carrier: string;
                            consumer: string;
                            detail: string;
                            event: {
                                /** Format: date-time */
                                at: string;
                                id: string;
                                stream: string;
                                type: string;
                                version: number;
                            } | null;
                            id: string;
                            origin: string;
                            reason: string;
                            replayedAt: string | null;
                            tenant: string | null;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replayDeadLetter: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                deadLetter: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        at: string;
                        carrier: string;
                        consumer: string;
                        detail: string;
                        event: {
                            /** Format: date-time */
                            at: string;
                            id: string;
                            stream: string;
                            type: string;
                            version: number;
                        } | null;
                        id: string;
                        origin: string;
                        reason: string;
                        replayedAt: string | null;
                        tenant: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        breakers: {
                            message?: string;
                            /** @enum {string} */
                            status: "healthy" | "degraded" | "unhealthy";
                            upstream: string;
                        }[];
                        custodians: {
                            message?: string;
                            process: string;
                            /** Format: date-time */
                            since: string;
                            /** @enum {string} */
                            state: "works" | "sealed" | "no-answer" | "refuses";
                        }[];
                        nodes: {
                            breaker: string;
                            fault: string | null;
                            /** @default null */
                            info: {
                                filters: string[];
                                plugins: {
                                    name: string;
                                    version: string;
                                }[];
                                sources: string[];
                                version: string;
                            } | null;
                            latencyMs: number;
                            lavalinkLoad: number;
                            node: string;
                            players: number;
                            playingPlayers: number;
                            sessions: number;
                        }[];
                        processes: {
                            causes: {
                                message?: string;
                                name: string;
                                /** @enum {string} */
                                status: "healthy" | "degraded" | "unhealthy";
                            }[];
                            name: string;
                            /** @enum {string} */
                            status: "healthy" | "degraded" | "unhealthy" | "unreachable";
                        }[];
                        /** @enum {string} */
                        status: "healthy" | "degraded" | "unhealthy";
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readIdentityKeys: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        keys: {
                            /** Format: date-time */
                            acceptedUntil: string;
                            /** Format: date-time */
                            createdAt: string;
                            holder: string;
                            id: string;
                            /** @enum {string} */
                            kind: "authority" | "call-token" | "shared";
                            /** Format: date-time */
                            signsFrom: string;
                            /** @enum {string} */
                            state: "next" | "current" | "earlier";
                            /** @enum {string} */
                            use: "authority" | "call-token" | "transaction-token" | "grant";
                            verifier: string | null;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateIdentityKeys: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                kind: "authority" | "call-token" | "shared";
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        keys: {
                            /** Format: date-time */
                            acceptedUntil: string;
                            /** Format: date-time */
                            createdAt: string;
                            holder: string;
                            id: string;
                            /** @enum {string} */
                            kind: "authority" | "call-token" | "shared";
                            /** Format: date-time */
                            signsFrom: string;
                            /** @enum {string} */
                            state: "next" | "current" | "earlier";
                            /** @enum {string} */
                            use: "authority" | "call-token" | "transaction-token" | "grant";
                            verifier: string | null;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readRotationOfAll: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        failing: number;
                        requestedAt: string | null;
                        rotated: number;
                        tenants: number;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateAllKeys: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        failing: number;
                        requestedAt: string | null;
                        rotated: number;
                        tenants: number;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listMachines: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            drainedBy: string | null;
                            draining: boolean;
                            machine: string;
                            parts: {
                                /** @enum {string} */
                                part: "supervisor" | "discord-edge" | "audio";
                                processes: number;
                                tenants: number;
                            }[];
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    drainMachine: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                machine: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    draining: boolean;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        drainedBy: string | null;
                        draining: boolean;
                        machine: string;
                        parts: {
                            /** @enum {string} */
                            part: "supervisor" | "discord-edge" | "audio";
                            processes: number;
                            tenants: number;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listLavalinkNodes: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            addedAt: string | null;
                            addedBy: string | null;
                            draining: boolean;
                            id: string;
                            inSettings: boolean;
                            players: number | null;
                            regions: string[];
                            url: string | null;
                            version: number;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addLavalinkNode: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    id: string;
                    password: string;
                    /** @default [] */
                    regions?: string[];
                    trustPem?: string;
                    /** Format: uri */
                    url: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        addedAt: string | null;
                        addedBy: string | null;
                        draining: boolean;
                        id: string;
                        inSettings: boolean;
                        players: number | null;
                        regions: string[];
                        url: string | null;
                        version: number;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeLavalinkNode: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
                "if-match"?: string;
            };
            path: {
                node: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    drainLavalinkNode: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
                "if-match"?: string;
            };
            path: {
                node: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    draining: boolean;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        addedAt: string | null;
                        addedBy: string | null;
                        draining: boolean;
                        id: string;
                        inSettings: boolean;
                        players: number | null;
                        regions: string[];
                        url: string | null;
                        version: number;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listProjections: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            lagMs: number;
                            name: string;
                            /** Format: date-time */
                            readSince: string;
                            rebuild: {
                                lagMs: number;
                                version: number;
                            } | null;
                            version: number;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rebuildProjection: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                projection: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listSchedules: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            cron: string;
                            description: string;
                            lastRun: {
                                /** Format: date-time */
                                at: string;
                                attempt: number;
                                endedAt: string | null;
                                missed: number;
                                sentence: string | null;
                                /** @enum {string} */
                                status: "waiting" | "running" | "done" | "failed";
                            } | null;
                            name: string;
                            /** Format: date-time */
                            nextAt: string;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    runSchedule: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                schedule: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        name: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readRecentPlaysOfAll: {
        parameters: {
            query?: {
                minutes?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        asOf: string;
                        busiest: {
                            /** Format: date-time */
                            from: string;
                            played: number;
                            /** Format: date-time */
                            to: string;
                        } | null;
                        finalBefore: string | null;
                        heard: {
                            /** Format: date-time */
                            at: string;
                            heardMs: number;
                        }[];
                        lastDay: {
                            failed: number;
                            finished: number;
                            played: number;
                            skipped: number;
                            stopped: number;
                        };
                        lastHour: {
                            failed: number;
                            finished: number;
                            played: number;
                            skipped: number;
                            stopped: number;
                        };
                        late: {
                            corrected: number;
                            leftOut: number;
                        };
                        minutes: {
                            /** Format: date-time */
                            at: string;
                            failed: number;
                            played: number;
                        }[];
                        newestAt: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAllTenants: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                search?: string;
                status?: "created" | "active" | "suspended" | "deleting";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            applicationId: string | null;
                            botUserId: string | null;
                            botUsername: string | null;
                            /** Format: date-time */
                            createdAt: string;
                            id: string;
                            instance: {
                                /** @enum {string} */
                                desired: "running" | "stopped";
                                reason?: string;
                                restarts: number;
                                /** @enum {string} */
                                state: "stopped" | "starting" | "ready" | "degraded" | "backing-off" | "failed";
                            } | null;
                            name: string;
                            reason: string | null;
                            state: {
                                /** @enum {string} */
                                kind: "not-set-up" | "starting" | "ready" | "not-in-any-server" | "degraded" | "failed" | "stopped" | "suspended" | "deleting" | "unreachable";
                                label: string;
                                sentence: string;
                            };
                            /** @enum {string} */
                            status: "created" | "active" | "suspended" | "deleting";
                            suspendedBy: string | null;
                            version: number;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    moveTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                hosted: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    machine: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        workflow: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readPlacement: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                hosted: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        movingTo: string | null;
                        parts: {
                            machine: string | null;
                            /** @enum {string} */
                            part: "supervisor" | "discord-edge" | "audio";
                            pinnedTo: string | null;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    releasePlacement: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                hosted: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWorkflows: {
        parameters: {
            query?: {
                limit?: number;
                status?: "running" | "done" | "failed";
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            compensable: boolean;
                            compensation: {
                                failure: {
                                    code: string;
                                    message: string;
                                } | null;
                                /** @enum {string} */
                                status: "running" | "done" | "failed";
                            } | null;
                            completed: string[];
                            failure: {
                                code: string;
                                message: string;
                            } | null;
                            id: string;
                            /** Format: date-time */
                            startedAt: string;
                            /** @enum {string} */
                            status: "running" | "done" | "failed";
                            step: {
                                attempt: number | null;
                                failure: {
                                    code: string;
                                    message: string;
                                } | null;
                                name: string;
                                /** Format: date-time */
                                since: string;
                            } | null;
                            tenant: string | null;
                            /** Format: date-time */
                            updatedAt: string;
                            workflow: string;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    compensateWorkflow: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                workflow: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryWorkflow: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                workflow: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        id: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listOperators: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** Format: date-time */
                            addedAt: string;
                            addedBy: string;
                            avatarUrl: string | null;
                            id: string;
                            inSettings: boolean;
                            name: string;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    addOperator: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    id: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        addedAt: string;
                        addedBy: string;
                        avatarUrl: string | null;
                        id: string;
                        inSettings: boolean;
                        name: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeOperator: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                operator: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signIn: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    oneTimeToken: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        expiresAt: string;
                        subject: string;
                        token: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    signOut: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTenants: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            applicationId: string | null;
                            botUserId: string | null;
                            botUsername: string | null;
                            /** Format: date-time */
                            createdAt: string;
                            id: string;
                            name: string;
                            reason: string | null;
                            state: {
                                /** @enum {string} */
                                kind: "not-set-up" | "starting" | "ready" | "not-in-any-server" | "degraded" | "failed" | "stopped" | "suspended" | "deleting" | "unreachable";
                                label: string;
                                sentence: string;
                            };
                            /** @enum {string} */
                            status: "created" | "active" | "suspended" | "deleting";
                            suspendedBy: string | null;
                            version: number;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        applicationId: string | null;
                        botUserId: string | null;
                        botUsername: string | null;
                        /** Format: date-time */
                        createdAt: string;
                        id: string;
                        name: string;
                        reason: string | null;
                        /** @enum {string} */
                        status: "created" | "active" | "suspended" | "deleting";
                        suspendedBy: string | null;
                        version: number;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        instance: {
                            /** @enum {string} */
                            desired: "running" | "stopped";
                            layers: string[];
                            reason?: string;
                            restarts: number;
                            /** @enum {string} */
                            state: "stopped" | "starting" | "ready" | "degraded" | "backing-off" | "failed";
                        } | null;
                        inviteUrl: string | null;
                        ready: boolean;
                        session: {
                            applicationId?: string;
                            botUserId?: string;
                            findings?: {
                                /** @enum {string} */
                                affects: "commands" | "invitation" | "requests";
                                /** @enum {string} */
                                code: "interactions-endpoint-set" | "code-grant-required" | "message-content-missing";
                                sentence: string;
                            }[];
                            guilds: number;
                            latencyMs?: number;
                            reason?: string;
                            /** @enum {string} */
                            status: "none" | "connecting" | "connected" | "failed";
                            unavailableGuilds?: number;
                        } | null;
                        state: {
                            /** @enum {string} */
                            kind: "not-set-up" | "starting" | "ready" | "not-in-any-server" | "degraded" | "failed" | "stopped" | "suspended" | "deleting" | "unreachable";
                            label: string;
                            sentence: string;
                        };
                        tenant: {
                            applicationId: string | null;
                            botUserId: string | null;
                            botUsername: string | null;
                            /** Format: date-time */
                            createdAt: string;
                            id: string;
                            name: string;
                            reason: string | null;
                            /** @enum {string} */
                            status: "created" | "active" | "suspended" | "deleting";
                            suspendedBy: string | null;
                            version: number;
                        };
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    deleteTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "deleting";
                    };
                };
            };
            /** @description Default Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    renameTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
                "if-match"?: string;
            };
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    name: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        applicationId: string | null;
                        botUserId: string | null;
                        botUsername: string | null;
                        /** Format: date-time */
                        createdAt: string;
                        id: string;
                        name: string;
                        reason: string | null;
                        /** @enum {string} */
                        status: "created" | "active" | "suspended" | "deleting";
                        suspendedBy: string | null;
                        version: number;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listApiKeys: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** Format: date-time */
                            createdAt: string;
                            /** Format: date-time */
                            expiresAt: string;
                            id: string;
                            lastUsedAt: string | null;
                            maker: string;
                            name: string;
                            scopes: ("read" | "control" | "policies" | "audit" | "statistics" | "members" | "webhooks" | "event-schemas")[];
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    makeApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    expiresInDays: number;
                    name: string;
                    scopes: ("read" | "control" | "policies" | "audit" | "statistics" | "members" | "webhooks" | "event-schemas")[];
                };
            };
        };
        responses: {
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        createdAt: string;
                        /** Format: date-time */
                        expiresAt: string;
                        id: string;
                        key: string;
                        lastUsedAt: string | null;
                        maker: string;
                        name: string;
                        scopes: ("read" | "control" | "policies" | "audit" | "statistics" | "members" | "webhooks" | "event-schemas")[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeApiKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                key: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportAudit: {
        parameters: {
            query?: {
                action?: string;
                actor?: string;
                consistentWith?: number;
                cursor?: string;
                format?: "ndjson" | "csv" | "ocsf";
                from?: string;
                guild?: string;
                gzip?: string;
                kind?: "decision" | "change" | "lifecycle" | "security";
                offset?: number;
                outcome?: "allowed" | "denied" | "succeeded" | "failed";
                to?: string;
            };
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/gzip": string;
                    "application/x-ndjson": string;
                    "text/csv; charset=utf-8; header=present": string;
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readAuditManifest: {
        parameters: {
            query?: {
                action?: string;
                actor?: string;
                consistentWith?: number;
                cursor?: string;
                format?: "ndjson" | "csv" | "ocsf";
                from?: string;
                guild?: string;
                kind?: "decision" | "change" | "lifecycle" | "security";
                outcome?: "allowed" | "denied" | "succeeded" | "failed";
                to?: string;
            };
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        cursor: string;
                        manifest: {
                            checkpoint: string;
                            count: number;
                            /** Format: date-time */
                            exportedAt: string;
                            file: {
                                bytes: number;
                                /** @enum {string} */
                                format: "ndjson" | "csv" | "ocsf";
                                sha256: string;
                            };
                            /** @enum {string} */
                            format: "bailiwick-audit-manifest/1";
                            key: string;
                            origin: string;
                            range: {
                                first: number;
                                from: string;
                                last: number;
                                to: string;
                            } | null;
                            selection: {
                                action?: string;
                                actor?: string;
                                /** Format: date-time */
                                from?: string;
                                guild?: string;
                                /** @enum {string} */
                                kind?: "decision" | "change" | "lifecycle" | "security";
                                /** @enum {string} */
                                outcome?: "allowed" | "denied" | "succeeded" | "failed";
                                /** Format: date-time */
                                to?: string;
                            };
                            tenant: string;
                            whole: boolean;
                        };
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readAuditKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        key: string;
                        predecessors: {
                            key: string;
                            lastSize: number;
                            /** Format: date-time */
                            replacedAt: string;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listAuditRecords: {
        parameters: {
            query?: {
                action?: string;
                actor?: string;
                by?: "people";
                cursor?: string;
                from?: string;
                guild?: string;
                kind?: "decision" | "change" | "lifecycle" | "security";
                limit?: number;
                outcome?: "allowed" | "denied" | "succeeded" | "failed";
                text?: string;
                to?: string;
            };
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            index: number;
                            record: {
                                action: string;
                                actor: {
                                    id: string;
                                    /** @enum {string} */
                                    type: "service" | "bot" | "discord-member" | "tenant-member" | "operator" | "platform";
                                };
                                channel?: string;
                                command?: string;
                                decision?: string;
                                detail?: {
                                    [key: string]: string | number | boolean | null;
                                };
                                guild?: string;
                                id: string;
                                /** @enum {string} */
                                kind: "decision" | "change" | "lifecycle" | "security";
                                onBehalfOf?: {
                                    id: string;
                                    /** @enum {string} */
                                    type: "service" | "bot" | "discord-member" | "tenant-member" | "operator" | "platform";
                                };
                                optionsDigest?: string;
                                /** @enum {string} */
                                outcome: "allowed" | "denied" | "succeeded" | "failed";
                                policyVersion?: string;
                                reason?: string;
                                requestId?: string;
                                rule?: string;
                                target?: string;
                                tenant: string;
                                /** Format: date-time */
                                time: string;
                                transaction?: string;
                            } | null;
                            /** Format: date-time */
                            sealedAt: string;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followAudit: {
        parameters: {
            query?: {
                action?: string;
                actor?: string;
                after?: number;
                by?: "people";
                guild?: string;
                kind?: "decision" | "change" | "lifecycle" | "security";
                outcome?: "allowed" | "denied" | "succeeded" | "failed";
                text?: string;
            };
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events (HTML Standard, 9.2), each described here as an object of its name and its data parsed as JSON */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": {
                        data: {
                            index: number;
                            record: {
                                action: string;
                                actor: {
                                    id: string;
                                    /** @enum {string} */
                                    type: "service" | "bot" | "discord-member" | "tenant-member" | "operator" | "platform";
                                };
                                channel?: string;
                                command?: string;
                                decision?: string;
                                detail?: {
                                    [key: string]: string | number | boolean | null;
                                };
                                guild?: string;
                                id: string;
                                /** @enum {string} */
                                kind: "decision" | "change" | "lifecycle" | "security";
                                onBehalfOf?: {
                                    id: string;
                                    /** @enum {string} */
                                    type: "service" | "bot" | "discord-member" | "tenant-member" | "operator" | "platform";
                                };
                                optionsDigest?: string;
                                /** @enum {string} */
                                outcome: "allowed" | "denied" | "succeeded" | "failed";
                                policyVersion?: string;
                                reason?: string;
                                requestId?: string;
                                rule?: string;
                                target?: string;
                                tenant: string;
                                /** Format: date-time */
                                time: string;
                                transaction?: string;
                            } | null;
                            /** Format: date-time */
                            sealedAt: string;
                        };
                        /** @enum {string} */
                        event: "record";
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    explainDecision: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                decision: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        allowed: boolean;
                        check: string | null;
                        /** Format: date-time */
                        decidedAt: string;
                        decision: string;
                        facts: {
                            action: string;
                            channel: string | null;
                            command: string | null;
                            guild: string | null;
                            member: {
                                id: string;
                                type: string;
                            } | null;
                            permissions: string | null;
                            roles: string[];
                            workload: {
                                id: string;
                                type: string;
                            };
                        };
                        failures: {
                            /** Format: date-time */
                            at: string;
                            message: string | null;
                            reason: string | null;
                            record: string;
                        }[];
                        reason: string | null;
                        record: string;
                        replay: {
                            agrees: boolean;
                            allowed: boolean;
                            message: string;
                            obligations: {
                                readonly denied?: {
                                    /** @enum {string} */
                                    by: "djs" | "managers" | "rules";
                                    command: string;
                                    rule?: string;
                                }[];
                                maxQueuedPerMember?: number;
                                maxTrackLengthMs?: number;
                                /** @enum {boolean} */
                                onlyOwn?: true;
                                readonly sources?: string[];
                                readonly usable?: string[];
                                voteShare?: number;
                            } | null;
                            policyVersion: number;
                            rule: string | null;
                        } | null;
                        rule: string | null;
                        version: string | null;
                        wouldAllow: {
                            id?: string;
                            /** @enum {string} */
                            kind: "role" | "channel" | "permission" | "rule" | "hours" | "otherwise" | "alone" | "tenant-role";
                            permission?: string;
                            role?: string;
                            rule?: string;
                            sentence: string;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    eraseMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
                user: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        erasure: string;
                        namedInPolicies: string[];
                        /** @enum {string} */
                        status: "running" | "done";
                    };
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        erasure: string;
                        namedInPolicies: string[];
                        /** @enum {string} */
                        status: "running" | "done";
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listFeatures: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            chosen: boolean | null;
                            /** @enum {string} */
                            feature: "lyrics" | "effects" | "library" | "sharing" | "autoplay" | "charts" | "suggestions" | "uploads" | "statistics" | "segments" | "request-channel";
                            on: boolean;
                            text: string;
                            title: string;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    switchFeature: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                feature: "lyrics" | "effects" | "library" | "sharing" | "autoplay" | "charts" | "suggestions" | "uploads" | "statistics" | "segments" | "request-channel";
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    on: boolean | null;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            chosen: boolean | null;
                            /** @enum {string} */
                            feature: "lyrics" | "effects" | "library" | "sharing" | "autoplay" | "charts" | "suggestions" | "uploads" | "statistics" | "segments" | "request-channel";
                            on: boolean;
                            text: string;
                            title: string;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listGuilds: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            iconUrl: string | null;
                            id: string;
                            memberCount: number | null;
                            name: string;
                            player: {
                                asOfMs: number;
                                current: {
                                    artworkUrl: string | null;
                                    author: string;
                                    automatic?: boolean;
                                    entryId: string;
                                    isStream: boolean;
                                    lengthMs: number | null;
                                    requestedBy: string | null;
                                    source: string;
                                    title: string;
                                    uri: string | null;
                                } | null;
                                guild: string;
                                positionMs: number;
                                queueLength: number;
                                /** @enum {string} */
                                state: "idle" | "waiting" | "playing" | "paused";
                                version: number;
                                voiceChannel: string | null;
                            } | null;
                            policyVersion: number;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readGuild: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        iconUrl: string | null;
                        id: string;
                        memberCount: number | null;
                        name: string;
                        otherChannels: {
                            id: string;
                            /** @enum {string} */
                            kind: "category" | "forum" | "thread";
                            name: string;
                            parentId: string | null;
                        }[];
                        roles: {
                            color: number;
                            id: string;
                            managed: boolean;
                            name: string;
                            position: number;
                        }[];
                        text: {
                            category: string | null;
                            id: string;
                            /** @enum {string} */
                            kind: "text" | "voice" | "stage";
                            name: string;
                            parentId: string | null;
                            position: number;
                        }[];
                        voice: {
                            category: string | null;
                            full: boolean;
                            id: string;
                            /** @enum {string} */
                            kind: "voice" | "stage";
                            listeners: number;
                            missing: ("VIEW_CHANNEL" | "CONNECT" | "SPEAK")[];
                            name: string;
                            parentId: string | null;
                            position: number;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listGuildFeatures: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            chosen: boolean | null;
                            /** @enum {string} */
                            feature: "lyrics" | "effects" | "library" | "sharing" | "autoplay" | "charts" | "suggestions" | "uploads" | "statistics" | "segments" | "request-channel";
                            on: boolean;
                            text: string;
                            title: string;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    switchGuildFeature: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                feature: "lyrics" | "effects" | "library" | "sharing" | "autoplay" | "charts" | "suggestions" | "uploads" | "statistics" | "segments" | "request-channel";
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    on: boolean | null;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            chosen: boolean | null;
                            /** @enum {string} */
                            feature: "lyrics" | "effects" | "library" | "sharing" | "autoplay" | "charts" | "suggestions" | "uploads" | "statistics" | "segments" | "request-channel";
                            on: boolean;
                            text: string;
                            title: string;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listGuildMembers: {
        parameters: {
            query?: {
                ids?: string;
                query?: string;
            };
            header?: never;
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        members: {
                            bot: boolean;
                            id: string;
                            name: string;
                            roles: string[] | null;
                            username: string;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readPlayer: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        asOfMs: number;
                        /** @default false */
                        autoplay: boolean;
                        current: {
                            artworkUrl: string | null;
                            author: string;
                            automatic?: boolean;
                            entryId: string;
                            isStream: boolean;
                            lengthMs: number | null;
                            requestedBy: string | null;
                            source: string;
                            title: string;
                            uri: string | null;
                        } | null;
                        /** @default [] */
                        filters: string[];
                        /**
                         * @default {
                         *       "presets": [],
                         *       "speed": 100,
                         *       "pitch": 100,
                         *       "equaliser": false
                         *     }
                         */
                        filterValues: {
                            equaliser: boolean;
                            pitch: number;
                            presets: ("bassboost" | "treble" | "pop" | "rock" | "electronic" | "soft" | "nightcore" | "vaporwave" | "eightd" | "karaoke" | "tremolo" | "vibrato" | "distortion" | "mono")[];
                            speed: number;
                        };
                        guild: string;
                        later?: number;
                        /**
                         * @default off
                         * @enum {string}
                         */
                        loop: "off" | "track" | "queue";
                        message: {
                            channelId: string;
                            messageId: string;
                        } | null;
                        positionMs: number;
                        queue: {
                            artworkUrl: string | null;
                            author: string;
                            automatic?: boolean;
                            entryId: string;
                            isStream: boolean;
                            lengthMs: number | null;
                            requestedBy: string | null;
                            source: string;
                            title: string;
                            uri: string | null;
                        }[];
                        queueLength: number;
                        reason: string | null;
                        /** @default 1 */
                        speed: number;
                        /** @enum {string} */
                        state: "idle" | "waiting" | "playing" | "paused";
                        textChannel: string | null;
                        version: number;
                        voiceChannel: string | null;
                        volume: number;
                        /** @default null */
                        why: {
                            /** @enum {string} */
                            code: "retried" | "skipped" | "skipped-several" | "skipped-many" | "gave-up" | "gave-up-kept" | "node" | "answer" | "voice" | "no-permission" | "muted" | "audience" | "nobody" | "disconnected" | "channel-deleted" | "channel-full" | "channel-forbidden" | "voice-lost" | "autoplay-nothing" | "alone" | "idle" | "voice-protocol" | "voice-encryption" | "channel-encrypted" | "too-many-attempts" | "call-ended" | "voice-closing" | "voice-unheard";
                            /** @default {} */
                            params: {
                                [key: string]: string | number;
                            };
                        } | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    pausePlayer: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        player: {
                            asOfMs: number;
                            /** @default false */
                            autoplay: boolean;
                            current: {
                                artworkUrl: string | null;
                                author: string;
                                automatic?: boolean;
                                entryId: string;
                                isStream: boolean;
                                lengthMs: number | null;
                                requestedBy: string | null;
                                source: string;
                                title: string;
                                uri: string | null;
                            } | null;
                            /** @default [] */
                            filters: string[];
                            /**
                             * @default {
                             *       "presets": [],
                             *       "speed": 100,
                             *       "pitch": 100,
                             *       "equaliser": false
                             *     }
                             */
                            filterValues: {
                                equaliser: boolean;
                                pitch: number;
                                presets: ("bassboost" | "treble" | "pop" | "rock" | "electronic" | "soft" | "nightcore" | "vaporwave" | "eightd" | "karaoke" | "tremolo" | "vibrato" | "distortion" | "mono")[];
                                speed: number;
                            };
                            guild: string;
                            later?: number;
                            /**
                             * @default off
                             * @enum {string}
                             */
                            loop: "off" | "track" | "queue";
                            message: {
                                channelId: string;
                                messageId: string;
                            } | null;
                            positionMs: number;
                            queue: {
                                artworkUrl: string | null;
                                author: string;
                                automatic?: boolean;
                                entryId: string;
                                isStream: boolean;
                                lengthMs: number | null;
                                requestedBy: string | null;
                                source: string;
                                title: string;
                                uri: string | null;
                            }[];
                            queueLength: number;
                            reason: string | null;
                            /** @default 1 */
                            speed: number;
                            /** @enum {string} */
                            state: "idle" | "waiting" | "playing" | "paused";
                            textChannel: string | null;
                            version: number;
                            voiceChannel: string | null;
                            volume: number;
                            /** @default null */
                            why: {
                                /** @enum {string} */
                                code: "retried" | "skipped" | "skipped-several" | "skipped-many" | "gave-up" | "gave-up-kept" | "node" | "answer" | "voice" | "no-permission" | "muted" | "audience" | "nobody" | "disconnected" | "channel-deleted" | "channel-full" | "channel-forbidden" | "voice-lost" | "autoplay-nothing" | "alone" | "idle" | "voice-protocol" | "voice-encryption" | "channel-encrypted" | "too-many-attempts" | "call-ended" | "voice-closing" | "voice-unheard";
                                /** @default {} */
                                params: {
                                    [key: string]: string | number;
                                };
                            } | null;
                        };
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listQueue: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            artworkUrl: string | null;
                            author: string;
                            automatic?: boolean;
                            entryId: string;
                            isStream: boolean;
                            lengthMs: number | null;
                            requestedBy: string | null;
                            source: string;
                            title: string;
                            uri: string | null;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    enqueue: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    query: string;
                    voiceChannel?: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        added: {
                            artworkUrl: string | null;
                            author: string;
                            automatic?: boolean;
                            entryId: string;
                            isStream: boolean;
                            lengthMs: number | null;
                            requestedBy: string | null;
                            source: string;
                            title: string;
                            uri: string | null;
                        }[];
                        addedCount: number;
                        leftOut: {
                            count: number;
                            /** @enum {string} */
                            reason: "queue-full" | "quota" | "playlist-limit" | "source" | "too-long" | "unreadable" | "not-loaded";
                        }[];
                        player: {
                            asOfMs: number;
                            /** @default false */
                            autoplay: boolean;
                            current: {
                                artworkUrl: string | null;
                                author: string;
                                automatic?: boolean;
                                entryId: string;
                                isStream: boolean;
                                lengthMs: number | null;
                                requestedBy: string | null;
                                source: string;
                                title: string;
                                uri: string | null;
                            } | null;
                            /** @default [] */
                            filters: string[];
                            /**
                             * @default {
                             *       "presets": [],
                             *       "speed": 100,
                             *       "pitch": 100,
                             *       "equaliser": false
                             *     }
                             */
                            filterValues: {
                                equaliser: boolean;
                                pitch: number;
                                presets: ("bassboost" | "treble" | "pop" | "rock" | "electronic" | "soft" | "nightcore" | "vaporwave" | "eightd" | "karaoke" | "tremolo" | "vibrato" | "distortion" | "mono")[];
                                speed: number;
                            };
                            guild: string;
                            later?: number;
                            /**
                             * @default off
                             * @enum {string}
                             */
                            loop: "off" | "track" | "queue";
                            message: {
                                channelId: string;
                                messageId: string;
                            } | null;
                            positionMs: number;
                            queue: {
                                artworkUrl: string | null;
                                author: string;
                                automatic?: boolean;
                                entryId: string;
                                isStream: boolean;
                                lengthMs: number | null;
                                requestedBy: string | null;
                                source: string;
                                title: string;
                                uri: string | null;
                            }[];
                            queueLength: number;
                            reason: string | null;
                            /** @default 1 */
                            speed: number;
                            /** @enum {string} */
                            state: "idle" | "waiting" | "playing" | "paused";
                            textChannel: string | null;
                            version: number;
                            voiceChannel: string | null;
                            volume: number;
                            /** @default null */
                            why: {
                                /** @enum {string} */
                                code: "retried" | "skipped" | "skipped-several" | "skipped-many" | "gave-up" | "gave-up-kept" | "node" | "answer" | "voice" | "no-permission" | "muted" | "audience" | "nobody" | "disconnected" | "channel-deleted" | "channel-full" | "channel-forbidden" | "voice-lost" | "autoplay-nothing" | "alone" | "idle" | "voice-protocol" | "voice-encryption" | "channel-encrypted" | "too-many-attempts" | "call-ended" | "voice-closing" | "voice-unheard";
                                /** @default {} */
                                params: {
                                    [key: string]: string | number;
                                };
                            } | null;
                        };
                        playlistName: string | null;
                        refused: string | null;
                        /** @default null */
                        refusedWhy: {
                            /** @enum {string} */
                            code: "retried" | "skipped" | "skipped-several" | "skipped-many" | "gave-up" | "gave-up-kept" | "node" | "answer" | "voice" | "no-permission" | "muted" | "audience" | "nobody" | "disconnected" | "channel-deleted" | "channel-full" | "channel-forbidden" | "voice-lost" | "autoplay-nothing" | "alone" | "idle" | "voice-protocol" | "voice-encryption" | "channel-encrypted" | "too-many-attempts" | "call-ended" | "voice-closing" | "voice-unheard";
                            /** @default {} */
                            params: {
                                [key: string]: string | number;
                            };
                        } | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeTrack: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                entry: string;
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        player: {
                            asOfMs: number;
                            /** @default false */
                            autoplay: boolean;
                            current: {
                                artworkUrl: string | null;
                                author: string;
                                automatic?: boolean;
                                entryId: string;
                                isStream: boolean;
                                lengthMs: number | null;
                                requestedBy: string | null;
                                source: string;
                                title: string;
                                uri: string | null;
                            } | null;
                            /** @default [] */
                            filters: string[];
                            /**
                             * @default {
                             *       "presets": [],
                             *       "speed": 100,
                             *       "pitch": 100,
                             *       "equaliser": false
                             *     }
                             */
                            filterValues: {
                                equaliser: boolean;
                                pitch: number;
                                presets: ("bassboost" | "treble" | "pop" | "rock" | "electronic" | "soft" | "nightcore" | "vaporwave" | "eightd" | "karaoke" | "tremolo" | "vibrato" | "distortion" | "mono")[];
                                speed: number;
                            };
                            guild: string;
                            later?: number;
                            /**
                             * @default off
                             * @enum {string}
                             */
                            loop: "off" | "track" | "queue";
                            message: {
                                channelId: string;
                                messageId: string;
                            } | null;
                            positionMs: number;
                            queue: {
                                artworkUrl: string | null;
                                author: string;
                                automatic?: boolean;
                                entryId: string;
                                isStream: boolean;
                                lengthMs: number | null;
                                requestedBy: string | null;
                                source: string;
                                title: string;
                                uri: string | null;
                            }[];
                            queueLength: number;
                            reason: string | null;
                            /** @default 1 */
                            speed: number;
                            /** @enum {string} */
                            state: "idle" | "waiting" | "playing" | "paused";
                            textChannel: string | null;
                            version: number;
                            voiceChannel: string | null;
                            volume: number;
                            /** @default null */
                            why: {
                                /** @enum {string} */
                                code: "retried" | "skipped" | "skipped-several" | "skipped-many" | "gave-up" | "gave-up-kept" | "node" | "answer" | "voice" | "no-permission" | "muted" | "audience" | "nobody" | "disconnected" | "channel-deleted" | "channel-full" | "channel-forbidden" | "voice-lost" | "autoplay-nothing" | "alone" | "idle" | "voice-protocol" | "voice-encryption" | "channel-encrypted" | "too-many-attempts" | "call-ended" | "voice-closing" | "voice-unheard";
                                /** @default {} */
                                params: {
                                    [key: string]: string | number;
                                };
                            } | null;
                        };
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    moveTrack: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    entryId: string;
                    to: number;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        player: {
                            asOfMs: number;
                            /** @default false */
                            autoplay: boolean;
                            current: {
                                artworkUrl: string | null;
                                author: string;
                                automatic?: boolean;
                                entryId: string;
                                isStream: boolean;
                                lengthMs: number | null;
                                requestedBy: string | null;
                                source: string;
                                title: string;
                                uri: string | null;
                            } | null;
                            /** @default [] */
                            filters: string[];
                            /**
                             * @default {
                             *       "presets": [],
                             *       "speed": 100,
                             *       "pitch": 100,
                             *       "equaliser": false
                             *     }
                             */
                            filterValues: {
                                equaliser: boolean;
                                pitch: number;
                                presets: ("bassboost" | "treble" | "pop" | "rock" | "electronic" | "soft" | "nightcore" | "vaporwave" | "eightd" | "karaoke" | "tremolo" | "vibrato" | "distortion" | "mono")[];
                                speed: number;
                            };
                            guild: string;
                            later?: number;
                            /**
                             * @default off
                             * @enum {string}
                             */
                            loop: "off" | "track" | "queue";
                            message: {
                                channelId: string;
                                messageId: string;
                            } | null;
                            positionMs: number;
                            queue: {
                                artworkUrl: string | null;
                                author: string;
                                automatic?: boolean;
                                entryId: string;
                                isStream: boolean;
                                lengthMs: number | null;
                                requestedBy: string | null;
                                source: string;
                                title: string;
                                uri: string | null;
                            }[];
                            queueLength: number;
                            reason: string | null;
                            /** @default 1 */
                            speed: number;
                            /** @enum {string} */
                            state: "idle" | "waiting" | "playing" | "paused";
                            textChannel: string | null;
                            version: number;
                            voiceChannel: string | null;
                            volume: number;
                            /** @default null */
                            why: {
                                /** @enum {string} */
                                code: "retried" | "skipped" | "skipped-several" | "skipped-many" | "gave-up" | "gave-up-kept" | "node" | "answer" | "voice" | "no-permission" | "muted" | "audience" | "nobody" | "disconnected" | "channel-deleted" | "channel-full" | "channel-forbidden" | "voice-lost" | "autoplay-nothing" | "alone" | "idle" | "voice-protocol" | "voice-encryption" | "channel-encrypted" | "too-many-attempts" | "call-ended" | "voice-closing" | "voice-unheard";
                                /** @default {} */
                                params: {
                                    [key: string]: string | number;
                                };
                            } | null;
                        };
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumePlayer: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        player: {
                            asOfMs: number;
                            /** @default false */
                            autoplay: boolean;
                            current: {
                                artworkUrl: string | null;
                                author: string;
                                automatic?: boolean;
                                entryId: string;
                                isStream: boolean;
                                lengthMs: number | null;
                                requestedBy: string | null;
                                source: string;
                                title: string;
                                uri: string | null;
                            } | null;
                            /** @default [] */
                            filters: string[];
                            /**
                             * @default {
                             *       "presets": [],
                             *       "speed": 100,
                             *       "pitch": 100,
                             *       "equaliser": false
                             *     }
                             */
                            filterValues: {
                                equaliser: boolean;
                                pitch: number;
                                presets: ("bassboost" | "treble" | "pop" | "rock" | "electronic" | "soft" | "nightcore" | "vaporwave" | "eightd" | "karaoke" | "tremolo" | "vibrato" | "distortion" | "mono")[];
                                speed: number;
                            };
                            guild: string;
                            later?: number;
                            /**
                             * @default off
                             * @enum {string}
                             */
                            loop: "off" | "track" | "queue";
                            message: {
                                channelId: string;
                                messageId: string;
                            } | null;
                            positionMs: number;
                            queue: {
                                artworkUrl: string | null;
                                author: string;
                                automatic?: boolean;
                                entryId: string;
                                isStream: boolean;
                                lengthMs: number | null;
                                requestedBy: string | null;
                                source: string;
                                title: string;
                                uri: string | null;
                            }[];
                            queueLength: number;
                            reason: string | null;
                            /** @default 1 */
                            speed: number;
                            /** @enum {string} */
                            state: "idle" | "waiting" | "playing" | "paused";
                            textChannel: string | null;
                            version: number;
                            voiceChannel: string | null;
                            volume: number;
                            /** @default null */
                            why: {
                                /** @enum {string} */
                                code: "retried" | "skipped" | "skipped-several" | "skipped-many" | "gave-up" | "gave-up-kept" | "node" | "answer" | "voice" | "no-permission" | "muted" | "audience" | "nobody" | "disconnected" | "channel-deleted" | "channel-full" | "channel-forbidden" | "voice-lost" | "autoplay-nothing" | "alone" | "idle" | "voice-protocol" | "voice-encryption" | "channel-encrypted" | "too-many-attempts" | "call-ended" | "voice-closing" | "voice-unheard";
                                /** @default {} */
                                params: {
                                    [key: string]: string | number;
                                };
                            } | null;
                        };
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    skipPlayer: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        player: {
                            asOfMs: number;
                            /** @default false */
                            autoplay: boolean;
                            current: {
                                artworkUrl: string | null;
                                author: string;
                                automatic?: boolean;
                                entryId: string;
                                isStream: boolean;
                                lengthMs: number | null;
                                requestedBy: string | null;
                                source: string;
                                title: string;
                                uri: string | null;
                            } | null;
                            /** @default [] */
                            filters: string[];
                            /**
                             * @default {
                             *       "presets": [],
                             *       "speed": 100,
                             *       "pitch": 100,
                             *       "equaliser": false
                             *     }
                             */
                            filterValues: {
                                equaliser: boolean;
                                pitch: number;
                                presets: ("bassboost" | "treble" | "pop" | "rock" | "electronic" | "soft" | "nightcore" | "vaporwave" | "eightd" | "karaoke" | "tremolo" | "vibrato" | "distortion" | "mono")[];
                                speed: number;
                            };
                            guild: string;
                            later?: number;
                            /**
                             * @default off
                             * @enum {string}
                             */
                            loop: "off" | "track" | "queue";
                            message: {
                                channelId: string;
                                messageId: string;
                            } | null;
                            positionMs: number;
                            queue: {
                                artworkUrl: string | null;
                                author: string;
                                automatic?: boolean;
                                entryId: string;
                                isStream: boolean;
                                lengthMs: number | null;
                                requestedBy: string | null;
                                source: string;
                                title: string;
                                uri: string | null;
                            }[];
                            queueLength: number;
                            reason: string | null;
                            /** @default 1 */
                            speed: number;
                            /** @enum {string} */
                            state: "idle" | "waiting" | "playing" | "paused";
                            textChannel: string | null;
                            version: number;
                            voiceChannel: string | null;
                            volume: number;
                            /** @default null */
                            why: {
                                /** @enum {string} */
                                code: "retried" | "skipped" | "skipped-several" | "skipped-many" | "gave-up" | "gave-up-kept" | "node" | "answer" | "voice" | "no-permission" | "muted" | "audience" | "nobody" | "disconnected" | "channel-deleted" | "channel-full" | "channel-forbidden" | "voice-lost" | "autoplay-nothing" | "alone" | "idle" | "voice-protocol" | "voice-encryption" | "channel-encrypted" | "too-many-attempts" | "call-ended" | "voice-closing" | "voice-unheard";
                                /** @default {} */
                                params: {
                                    [key: string]: string | number;
                                };
                            } | null;
                        };
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    stopPlayer: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        player: {
                            asOfMs: number;
                            /** @default false */
                            autoplay: boolean;
                            current: {
                                artworkUrl: string | null;
                                author: string;
                                automatic?: boolean;
                                entryId: string;
                                isStream: boolean;
                                lengthMs: number | null;
                                requestedBy: string | null;
                                source: string;
                                title: string;
                                uri: string | null;
                            } | null;
                            /** @default [] */
                            filters: string[];
                            /**
                             * @default {
                             *       "presets": [],
                             *       "speed": 100,
                             *       "pitch": 100,
                             *       "equaliser": false
                             *     }
                             */
                            filterValues: {
                                equaliser: boolean;
                                pitch: number;
                                presets: ("bassboost" | "treble" | "pop" | "rock" | "electronic" | "soft" | "nightcore" | "vaporwave" | "eightd" | "karaoke" | "tremolo" | "vibrato" | "distortion" | "mono")[];
                                speed: number;
                            };
                            guild: string;
                            later?: number;
                            /**
                             * @default off
                             * @enum {string}
                             */
                            loop: "off" | "track" | "queue";
                            message: {
                                channelId: string;
                                messageId: string;
                            } | null;
                            positionMs: number;
                            queue: {
                                artworkUrl: string | null;
                                author: string;
                                automatic?: boolean;
                                entryId: string;
                                isStream: boolean;
                                lengthMs: number | null;
                                requestedBy: string | null;
                                source: string;
                                title: string;
                                uri: string | null;
                            }[];
                            queueLength: number;
                            reason: string | null;
                            /** @default 1 */
                            speed: number;
                            /** @enum {string} */
                            state: "idle" | "waiting" | "playing" | "paused";
                            textChannel: string | null;
                            version: number;
                            voiceChannel: string | null;
                            volume: number;
                            /** @default null */
                            why: {
                                /** @enum {string} */
                                code: "retried" | "skipped" | "skipped-several" | "skipped-many" | "gave-up" | "gave-up-kept" | "node" | "answer" | "voice" | "no-permission" | "muted" | "audience" | "nobody" | "disconnected" | "channel-deleted" | "channel-full" | "channel-forbidden" | "voice-lost" | "autoplay-nothing" | "alone" | "idle" | "voice-protocol" | "voice-encryption" | "channel-encrypted" | "too-many-attempts" | "call-ended" | "voice-closing" | "voice-unheard";
                                /** @default {} */
                                params: {
                                    [key: string]: string | number;
                                };
                            } | null;
                        };
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setPlayerVolume: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    percent: number;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        player: {
                            asOfMs: number;
                            /** @default false */
                            autoplay: boolean;
                            current: {
                                artworkUrl: string | null;
                                author: string;
                                automatic?: boolean;
                                entryId: string;
                                isStream: boolean;
                                lengthMs: number | null;
                                requestedBy: string | null;
                                source: string;
                                title: string;
                                uri: string | null;
                            } | null;
                            /** @default [] */
                            filters: string[];
                            /**
                             * @default {
                             *       "presets": [],
                             *       "speed": 100,
                             *       "pitch": 100,
                             *       "equaliser": false
                             *     }
                             */
                            filterValues: {
                                equaliser: boolean;
                                pitch: number;
                                presets: ("bassboost" | "treble" | "pop" | "rock" | "electronic" | "soft" | "nightcore" | "vaporwave" | "eightd" | "karaoke" | "tremolo" | "vibrato" | "distortion" | "mono")[];
                                speed: number;
                            };
                            guild: string;
                            later?: number;
                            /**
                             * @default off
                             * @enum {string}
                             */
                            loop: "off" | "track" | "queue";
                            message: {
                                channelId: string;
                                messageId: string;
                            } | null;
                            positionMs: number;
                            queue: {
                                artworkUrl: string | null;
                                author: string;
                                automatic?: boolean;
                                entryId: string;
                                isStream: boolean;
                                lengthMs: number | null;
                                requestedBy: string | null;
                                source: string;
                                title: string;
                                uri: string | null;
                            }[];
                            queueLength: number;
                            reason: string | null;
                            /** @default 1 */
                            speed: number;
                            /** @enum {string} */
                            state: "idle" | "waiting" | "playing" | "paused";
                            textChannel: string | null;
                            version: number;
                            voiceChannel: string | null;
                            volume: number;
                            /** @default null */
                            why: {
                                /** @enum {string} */
                                code: "retried" | "skipped" | "skipped-several" | "skipped-many" | "gave-up" | "gave-up-kept" | "node" | "answer" | "voice" | "no-permission" | "muted" | "audience" | "nobody" | "disconnected" | "channel-deleted" | "channel-full" | "channel-forbidden" | "voice-lost" | "autoplay-nothing" | "alone" | "idle" | "voice-protocol" | "voice-encryption" | "channel-encrypted" | "too-many-attempts" | "call-ended" | "voice-closing" | "voice-unheard";
                                /** @default {} */
                                params: {
                                    [key: string]: string | number;
                                };
                            } | null;
                        };
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readPolicy: {
        parameters: {
            query?: {
                at?: string;
                version?: number;
            };
            header?: never;
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The version with its policy; as YAML, the policy only. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        author: string;
                        createdAt: string | null;
                        policy: {
                            dj?: {
                                commands?: ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                                roles: string[];
                            };
                            /** @enum {string} */
                            otherwise: "allow" | "deny";
                            quotas?: {
                                maxQueuedPerMember?: number;
                                maxTrackLengthSec?: number;
                            };
                            rules: {
                                channels?: string[];
                                commands: "all" | ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                                /** @enum {string} */
                                effect: "allow" | "deny";
                                id: string;
                                when?: {
                                    hours?: {
                                        from: string;
                                        to: string;
                                    };
                                    weekdays?: ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                                    zone: string;
                                };
                                who: {
                                    /** @enum {boolean} */
                                    everyone?: true;
                                    permissions?: ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                                    roles?: string[];
                                    users?: string[];
                                };
                            }[];
                            sources?: ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                            voteSkip?: {
                                share: number;
                            };
                        };
                        version: number;
                    };
                    "application/yaml": string;
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replacePolicy: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
                "if-match"?: string;
                "if-none-match"?: string;
            };
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    dj?: {
                        commands?: ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                        roles: string[];
                    };
                    /** @enum {string} */
                    otherwise: "allow" | "deny";
                    quotas?: {
                        maxQueuedPerMember?: number;
                        maxTrackLengthSec?: number;
                    };
                    rules: {
                        channels?: string[];
                        commands: "all" | ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                        /** @enum {string} */
                        effect: "allow" | "deny";
                        id: string;
                        when?: {
                            hours?: {
                                from: string;
                                to: string;
                            };
                            weekdays?: ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                            zone: string;
                        };
                        who: {
                            /** @enum {boolean} */
                            everyone?: true;
                            permissions?: ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                            roles?: string[];
                            users?: string[];
                        };
                    }[];
                    sources?: ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                    voteSkip?: {
                        share: number;
                    };
                };
                "application/yaml": {
                    dj?: {
                        commands?: ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                        roles: string[];
                    };
                    /** @enum {string} */
                    otherwise: "allow" | "deny";
                    quotas?: {
                        maxQueuedPerMember?: number;
                        maxTrackLengthSec?: number;
                    };
                    rules: {
                        channels?: string[];
                        commands: "all" | ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                        /** @enum {string} */
                        effect: "allow" | "deny";
                        id: string;
                        when?: {
                            hours?: {
                                from: string;
                                to: string;
                            };
                            weekdays?: ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                            zone: string;
                        };
                        who: {
                            /** @enum {boolean} */
                            everyone?: true;
                            permissions?: ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                            roles?: string[];
                            users?: string[];
                        };
                    }[];
                    sources?: ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                    voteSkip?: {
                        share: number;
                    };
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        author: string;
                        createdAt: string | null;
                        note: string | null;
                        policy: {
                            dj?: {
                                commands?: ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                                roles: string[];
                            };
                            /** @enum {string} */
                            otherwise: "allow" | "deny";
                            quotas?: {
                                maxQueuedPerMember?: number;
                                maxTrackLengthSec?: number;
                            };
                            rules: {
                                channels?: string[];
                                commands: "all" | ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                                /** @enum {string} */
                                effect: "allow" | "deny";
                                id: string;
                                when?: {
                                    hours?: {
                                        from: string;
                                        to: string;
                                    };
                                    weekdays?: ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                                    zone: string;
                                };
                                who: {
                                    /** @enum {boolean} */
                                    everyone?: true;
                                    permissions?: ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                                    roles?: string[];
                                    users?: string[];
                                };
                            }[];
                            sources?: ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                            voteSkip?: {
                                share: number;
                            };
                        };
                        version: number;
                        warnings: {
                            /** @enum {string} */
                            code: "unknown-role" | "unknown-channel" | "not-a-member" | "denied-anyway";
                            detail: string;
                            pointer: string;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    patchPolicy: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
                "if-match"?: string;
                "if-none-match"?: string;
            };
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/merge-patch+json": {
                    [key: string]: unknown;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        author: string;
                        createdAt: string | null;
                        note: string | null;
                        policy: {
                            dj?: {
                                commands?: ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                                roles: string[];
                            };
                            /** @enum {string} */
                            otherwise: "allow" | "deny";
                            quotas?: {
                                maxQueuedPerMember?: number;
                                maxTrackLengthSec?: number;
                            };
                            rules: {
                                channels?: string[];
                                commands: "all" | ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                                /** @enum {string} */
                                effect: "allow" | "deny";
                                id: string;
                                when?: {
                                    hours?: {
                                        from: string;
                                        to: string;
                                    };
                                    weekdays?: ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                                    zone: string;
                                };
                                who: {
                                    /** @enum {boolean} */
                                    everyone?: true;
                                    permissions?: ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                                    roles?: string[];
                                    users?: string[];
                                };
                            }[];
                            sources?: ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                            voteSkip?: {
                                share: number;
                            };
                        };
                        version: number;
                        warnings: {
                            /** @enum {string} */
                            code: "unknown-role" | "unknown-channel" | "not-a-member" | "denied-anyway";
                            detail: string;
                            pointer: string;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    copyPolicy: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
                "if-match"?: string;
                "if-none-match"?: string;
            };
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    from?: string;
                    to?: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        author: string;
                        createdAt: string | null;
                        guild: string;
                        note: string | null;
                        policy: {
                            dj?: {
                                commands?: ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                                roles: string[];
                            };
                            /** @enum {string} */
                            otherwise: "allow" | "deny";
                            quotas?: {
                                maxQueuedPerMember?: number;
                                maxTrackLengthSec?: number;
                            };
                            rules: {
                                channels?: string[];
                                commands: "all" | ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                                /** @enum {string} */
                                effect: "allow" | "deny";
                                id: string;
                                when?: {
                                    hours?: {
                                        from: string;
                                        to: string;
                                    };
                                    weekdays?: ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                                    zone: string;
                                };
                                who: {
                                    /** @enum {boolean} */
                                    everyone?: true;
                                    permissions?: ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                                    roles?: string[];
                                    users?: string[];
                                };
                            }[];
                            sources?: ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                            voteSkip?: {
                                share: number;
                            };
                        };
                        version: number;
                        warnings: {
                            /** @enum {string} */
                            code: "unknown-role" | "unknown-channel" | "not-a-member" | "denied-anyway";
                            detail: string;
                            pointer: string;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    tryPolicy: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** Format: date-time */
                    at?: string;
                    member: {
                        alone?: boolean;
                        channel?: string;
                        permissions?: string;
                        roles?: string[];
                        user?: string;
                    };
                    policy?: {
                        dj?: {
                            commands?: ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                            roles: string[];
                        };
                        /** @enum {string} */
                        otherwise: "allow" | "deny";
                        quotas?: {
                            maxQueuedPerMember?: number;
                            maxTrackLengthSec?: number;
                        };
                        rules: {
                            channels?: string[];
                            commands: "all" | ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                            /** @enum {string} */
                            effect: "allow" | "deny";
                            id: string;
                            when?: {
                                hours?: {
                                    from: string;
                                    to: string;
                                };
                                weekdays?: ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                                zone: string;
                            };
                            who: {
                                /** @enum {boolean} */
                                everyone?: true;
                                permissions?: ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                                roles?: string[];
                                users?: string[];
                            };
                        }[];
                        sources?: ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                        voteSkip?: {
                            share: number;
                        };
                    };
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        cells: {
                            allowed: boolean;
                            /** @enum {string} */
                            command: "play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move";
                            message: string;
                            obligations?: {
                                readonly denied?: {
                                    /** @enum {string} */
                                    by: "djs" | "managers" | "rules";
                                    command: string;
                                    rule?: string;
                                }[];
                                maxQueuedPerMember?: number;
                                maxTrackLengthMs?: number;
                                /** @enum {boolean} */
                                onlyOwn?: true;
                                readonly sources?: string[];
                                readonly usable?: string[];
                                voteShare?: number;
                            };
                            rule?: string;
                        }[];
                        note: string | null;
                        version: number | null;
                        warnings: {
                            /** @enum {string} */
                            code: "unknown-role" | "unknown-channel" | "not-a-member" | "denied-anyway";
                            detail: string;
                            pointer: string;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readEffectivePolicy: {
        parameters: {
            query?: {
                alone?: "true" | "false";
                at?: string;
                channel?: string;
                permissions?: string;
                roles?: string;
                user?: string;
            };
            header?: never;
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        cells: {
                            allowed: boolean;
                            /** @enum {string} */
                            command: "play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move";
                            message: string;
                            obligations?: {
                                readonly denied?: {
                                    /** @enum {string} */
                                    by: "djs" | "managers" | "rules";
                                    command: string;
                                    rule?: string;
                                }[];
                                maxQueuedPerMember?: number;
                                maxTrackLengthMs?: number;
                                /** @enum {boolean} */
                                onlyOwn?: true;
                                readonly sources?: string[];
                                readonly usable?: string[];
                                voteShare?: number;
                            };
                            rule?: string;
                        }[];
                        note: string | null;
                        version: number | null;
                        warnings: {
                            /** @enum {string} */
                            code: "unknown-role" | "unknown-channel" | "not-a-member" | "denied-anyway";
                            detail: string;
                            pointer: string;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readPolicyHistory: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            author: string;
                            createdAt: string | null;
                            policy: {
                                dj?: {
                                    commands?: ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                                    roles: string[];
                                };
                                /** @enum {string} */
                                otherwise: "allow" | "deny";
                                quotas?: {
                                    maxQueuedPerMember?: number;
                                    maxTrackLengthSec?: number;
                                };
                                rules: {
                                    channels?: string[];
                                    commands: "all" | ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                                    /** @enum {string} */
                                    effect: "allow" | "deny";
                                    id: string;
                                    when?: {
                                        hours?: {
                                            from: string;
                                            to: string;
                                        };
                                        weekdays?: ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                                        zone: string;
                                    };
                                    who: {
                                        /** @enum {boolean} */
                                        everyone?: true;
                                        permissions?: ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                                        roles?: string[];
                                        users?: string[];
                                    };
                                }[];
                                sources?: ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                                voteSkip?: {
                                    share: number;
                                };
                            };
                            version: number;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rollBackPolicy: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
                "if-match"?: string;
                "if-none-match"?: string;
            };
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    version: number;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        author: string;
                        createdAt: string | null;
                        note: string | null;
                        policy: {
                            dj?: {
                                commands?: ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                                roles: string[];
                            };
                            /** @enum {string} */
                            otherwise: "allow" | "deny";
                            quotas?: {
                                maxQueuedPerMember?: number;
                                maxTrackLengthSec?: number;
                            };
                            rules: {
                                channels?: string[];
                                commands: "all" | ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                                /** @enum {string} */
                                effect: "allow" | "deny";
                                id: string;
                                when?: {
                                    hours?: {
                                        from: string;
                                        to: string;
                                    };
                                    weekdays?: ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                                    zone: string;
                                };
                                who: {
                                    /** @enum {boolean} */
                                    everyone?: true;
                                    permissions?: ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                                    roles?: string[];
                                    users?: string[];
                                };
                            }[];
                            sources?: ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                            voteSkip?: {
                                share: number;
                            };
                        };
                        version: number;
                        warnings: {
                            /** @enum {string} */
                            code: "unknown-role" | "unknown-channel" | "not-a-member" | "denied-anyway";
                            detail: string;
                            pointer: string;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    validatePolicy: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    dj?: {
                        commands?: ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                        roles: string[];
                    };
                    /** @enum {string} */
                    otherwise: "allow" | "deny";
                    quotas?: {
                        maxQueuedPerMember?: number;
                        maxTrackLengthSec?: number;
                    };
                    rules: {
                        channels?: string[];
                        commands: "all" | ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                        /** @enum {string} */
                        effect: "allow" | "deny";
                        id: string;
                        when?: {
                            hours?: {
                                from: string;
                                to: string;
                            };
                            weekdays?: ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                            zone: string;
                        };
                        who: {
                            /** @enum {boolean} */
                            everyone?: true;
                            permissions?: ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                            roles?: string[];
                            users?: string[];
                        };
                    }[];
                    sources?: ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                    voteSkip?: {
                        share: number;
                    };
                };
                "application/yaml": {
                    dj?: {
                        commands?: ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                        roles: string[];
                    };
                    /** @enum {string} */
                    otherwise: "allow" | "deny";
                    quotas?: {
                        maxQueuedPerMember?: number;
                        maxTrackLengthSec?: number;
                    };
                    rules: {
                        channels?: string[];
                        commands: "all" | ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                        /** @enum {string} */
                        effect: "allow" | "deny";
                        id: string;
                        when?: {
                            hours?: {
                                from: string;
                                to: string;
                            };
                            weekdays?: ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                            zone: string;
                        };
                        who: {
                            /** @enum {boolean} */
                            everyone?: true;
                            permissions?: ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                            roles?: string[];
                            users?: string[];
                        };
                    }[];
                    sources?: ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                    voteSkip?: {
                        share: number;
                    };
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        note: string | null;
                        policy: {
                            dj?: {
                                commands?: ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                                roles: string[];
                            };
                            /** @enum {string} */
                            otherwise: "allow" | "deny";
                            quotas?: {
                                maxQueuedPerMember?: number;
                                maxTrackLengthSec?: number;
                            };
                            rules: {
                                channels?: string[];
                                commands: "all" | ("play" | "pause" | "resume" | "skip" | "stop" | "queue" | "nowplaying" | "volume" | "move" | "adding" | "playback" | "sound" | "order" | "viewing")[];
                                /** @enum {string} */
                                effect: "allow" | "deny";
                                id: string;
                                when?: {
                                    hours?: {
                                        from: string;
                                        to: string;
                                    };
                                    weekdays?: ("mon" | "tue" | "wed" | "thu" | "fri" | "sat" | "sun")[];
                                    zone: string;
                                };
                                who: {
                                    /** @enum {boolean} */
                                    everyone?: true;
                                    permissions?: ("administrator" | "manage-guild" | "manage-channels" | "manage-messages" | "mute-members" | "move-members")[];
                                    roles?: string[];
                                    users?: string[];
                                };
                            }[];
                            sources?: ("youtube" | "soundcloud" | "bandcamp" | "twitch" | "vimeo" | "niconico" | "http" | "spotify" | "applemusic" | "deezer" | "yandexmusic")[];
                            voteSkip?: {
                                share: number;
                            };
                        };
                        /** @enum {boolean} */
                        valid: true;
                        warnings: {
                            /** @enum {string} */
                            code: "unknown-role" | "unknown-channel" | "not-a-member" | "denied-anyway";
                            detail: string;
                            pointer: string;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readGuildSettings: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        settings: {
                            announce: boolean;
                            announceIn: string | null;
                            fair: boolean;
                            language: ("en" | "de" | "es-ES" | "fr" | "pt-BR") | null;
                            leaveAfterSec: number | null;
                            queueLimit: number | null;
                            /** @default null */
                            requestChannel: string | null;
                            /**
                             * @default off
                             * @enum {string}
                             */
                            skipSegments: "off" | "sponsors" | "all";
                            /** @default null */
                            startFilter: ("bassboost" | "treble" | "pop" | "rock" | "electronic" | "soft" | "nightcore" | "vaporwave" | "eightd" | "karaoke" | "tremolo" | "vibrato" | "distortion" | "mono") | null;
                            stay: boolean;
                            /** @default true */
                            voiceStatus: boolean;
                            volume: number | null;
                        };
                        version: number;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replaceGuildSettings: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
                "if-match"?: string;
            };
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    announce: boolean;
                    announceIn: string | null;
                    fair: boolean;
                    language: ("en" | "de" | "es-ES" | "fr" | "pt-BR") | null;
                    leaveAfterSec: number | null;
                    queueLimit: number | null;
                    /** @default null */
                    requestChannel?: string | null;
                    /**
                     * @default off
                     * @enum {string}
                     */
                    skipSegments?: "off" | "sponsors" | "all";
                    /** @default null */
                    startFilter?: ("bassboost" | "treble" | "pop" | "rock" | "electronic" | "soft" | "nightcore" | "vaporwave" | "eightd" | "karaoke" | "tremolo" | "vibrato" | "distortion" | "mono") | null;
                    stay: boolean;
                    /** @default true */
                    voiceStatus?: boolean;
                    volume: number | null;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        settings: {
                            announce: boolean;
                            announceIn: string | null;
                            fair: boolean;
                            language: ("en" | "de" | "es-ES" | "fr" | "pt-BR") | null;
                            leaveAfterSec: number | null;
                            queueLimit: number | null;
                            /** @default null */
                            requestChannel: string | null;
                            /**
                             * @default off
                             * @enum {string}
                             */
                            skipSegments: "off" | "sponsors" | "all";
                            /** @default null */
                            startFilter: ("bassboost" | "treble" | "pop" | "rock" | "electronic" | "soft" | "nightcore" | "vaporwave" | "eightd" | "karaoke" | "tremolo" | "vibrato" | "distortion" | "mono") | null;
                            stay: boolean;
                            /** @default true */
                            voiceStatus: boolean;
                            volume: number | null;
                        };
                        version: number;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readTimeline: {
        parameters: {
            query: {
                at: string;
            };
            header?: never;
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        at: string;
                        credential: {
                            applicationId: string | null;
                            keyVersion: number | null;
                            last: {
                                /** Format: date-time */
                                at: string;
                                by: string;
                                type: string;
                            } | null;
                            refusal: ("invalid-token" | "intents-not-granted" | "too-many-servers") | null;
                            /** @enum {string} */
                            state: "none" | "stored" | "accepted" | "refused";
                        } | null;
                        denials: {
                            index: number;
                            record: {
                                action: string;
                                actor: {
                                    id: string;
                                    /** @enum {string} */
                                    type: "service" | "bot" | "discord-member" | "tenant-member" | "operator" | "platform";
                                };
                                channel?: string;
                                command?: string;
                                decision?: string;
                                detail?: {
                                    [key: string]: string | number | boolean | null;
                                };
                                guild?: string;
                                id: string;
                                /** @enum {string} */
                                kind: "decision" | "change" | "lifecycle" | "security";
                                onBehalfOf?: {
                                    id: string;
                                    /** @enum {string} */
                                    type: "service" | "bot" | "discord-member" | "tenant-member" | "operator" | "platform";
                                };
                                optionsDigest?: string;
                                /** @enum {string} */
                                outcome: "allowed" | "denied" | "succeeded" | "failed";
                                policyVersion?: string;
                                reason?: string;
                                requestId?: string;
                                rule?: string;
                                target?: string;
                                tenant: string;
                                /** Format: date-time */
                                time: string;
                                transaction?: string;
                            } | null;
                            /** Format: date-time */
                            sealedAt: string;
                        }[];
                        player: {
                            current: {
                                artworkUrl: string | null;
                                author: string;
                                automatic?: boolean;
                                entryId: string;
                                isStream: boolean;
                                lengthMs: number | null;
                                requestedBy: string | null;
                                source: string;
                                title: string;
                                uri: string | null;
                            } | null;
                            /** @default [] */
                            filters: string[];
                            /**
                             * @default off
                             * @enum {string}
                             */
                            loop: "off" | "track" | "queue";
                            positionMs: number;
                            queue: {
                                artworkUrl: string | null;
                                author: string;
                                automatic?: boolean;
                                entryId: string;
                                isStream: boolean;
                                lengthMs: number | null;
                                requestedBy: string | null;
                                source: string;
                                title: string;
                                uri: string | null;
                            }[];
                            queueLength: number;
                            reason: string | null;
                            /** Format: date-time */
                            since: string;
                            /** @enum {string} */
                            state: "idle" | "waiting" | "playing" | "paused";
                            voiceChannel: string | null;
                            volume: number;
                        } | null;
                        policy: {
                            author: string;
                            createdAt: string | null;
                            version: number;
                        };
                        tenant: {
                            applicationId: string | null;
                            botUsername: string | null;
                            last: {
                                /** Format: date-time */
                                at: string;
                                by: string;
                                type: string;
                            } | null;
                            name: string;
                            reason: string | null;
                            /** @enum {string} */
                            status: "created" | "active" | "suspended" | "deleting";
                            suspendedBy: string | null;
                        } | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTimelineEvents: {
        parameters: {
            query: {
                cursor?: string;
                from: string;
                limit?: number;
                to: string;
            };
            header?: never;
            path: {
                guild: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: ({
                            /** Format: date-time */
                            at: string;
                            data: {
                                at: number;
                                readonly tracks: {
                                    artworkUrl: string | null;
                                    author: string;
                                    automatic?: boolean;
                                    entryId: string;
                                    isStream: boolean;
                                    lengthMs: number | null;
                                    requestedBy: string | null;
                                    source: string;
                                    title: string;
                                    uri: string | null;
                                }[];
                            };
                            /** @enum {string} */
                            type: "TracksAdded";
                            version: number;
                        } | {
                            /** Format: date-time */
                            at: string;
                            data: {
                                at: number;
                                readonly tracks: {
                                    artworkUrl: string | null;
                                    author: string;
                                    automatic?: boolean;
                                    entryId: string;
                                    isStream: boolean;
                                    lengthMs: number | null;
                                    requestedBy: string | null;
                                    source: string;
                                    title: string;
                                    uri: string | null;
                                }[];
                            };
                            /** @enum {string} */
                            type: "TracksReturned";
                            version: number;
                        } | {
                            /** Format: date-time */
                            at: string;
                            data: {
                                readonly entryIds: string[];
                            };
                            /** @enum {string} */
                            type: "TracksRemoved";
                            version: number;
                        } | {
                            /** Format: date-time */
                            at: string;
                            data: {
                                readonly entryIds: string[];
                                from: number;
                            };
                            /** @enum {string} */
                            type: "QueueReordered";
                            version: number;
                        } | {
                            /** Format: date-time */
                            at: string;
                            data: {
                                asOfMs: number;
                                positionMs: number;
                                track: {
                                    artworkUrl: string | null;
                                    author: string;
                                    automatic?: boolean;
                                    entryId: string;
                                    isStream: boolean;
                                    lengthMs: number | null;
                                    requestedBy: string | null;
                                    source: string;
                                    title: string;
                                    uri: string | null;
                                };
                            };
                            /** @enum {string} */
                            type: "TrackOrdered";
                            version: number;
                        } | {
                            /** Format: date-time */
                            at: string;
                            data: {
                                asOfMs: number;
                                entryId: string;
                                positionMs: number;
                            };
                            /** @enum {string} */
                            type: "TrackStarted";
                            version: number;
                        } | {
                            /** Format: date-time */
                            at: string;
                            data: {
                                /** @enum {string} */
                                ending: "finished" | "skipped" | "failed" | "stopped";
                                /** @enum {string} */
                                fault?: "unplayable" | "undelivered" | "stalled" | "refused" | "unreadable" | "other";
                                track: {
                                    artworkUrl: string | null;
                                    author: string;
                                    automatic?: boolean;
                                    entryId: string;
                                    isStream: boolean;
                                    lengthMs: number | null;
                                    requestedBy: string | null;
                                    source: string;
                                    title: string;
                                    uri: string | null;
                                };
                            };
                            /** @enum {string} */
                            type: "TrackEnded";
                            version: number;
                        } | {
                            /** Format: date-time */
                            at: string;
                            data: {
                                asOfMs: number;
                                positionMs: number;
                            };
                            /** @enum {string} */
                            type: "Interrupted";
                            version: number;
                        } | {
                            /** Format: date-time */
                            at: string;
                            data: {
                                asOfMs: number;
                                positionMs: number;
                            };
                            /** @enum {string} */
                            type: "Paused";
                            version: number;
                        } | {
                            /** Format: date-time */
                            at: string;
                            data: {
                                asOfMs: number;
                                positionMs: number;
                            };
                            /** @enum {string} */
                            type: "Resumed";
                            version: number;
                        } | {
                            /** Format: date-time */
                            at: string;
                            data: {
                                asOfMs: number;
                                /** @enum {string} */
                                playback: "waiting" | "requested" | "playing";
                                positionMs: number;
                            };
                            /** @enum {string} */
                            type: "PositionChanged";
                            version: number;
                        } | {
                            /** Format: date-time */
                            at: string;
                            data: {
                                volume: number;
                            };
                            /** @enum {string} */
                            type: "VolumeChanged";
                            version: number;
                        } | {
                            /** Format: date-time */
                            at: string;
                            data: {
                                /** @enum {string} */
                                loop: "off" | "track" | "queue";
                            };
                            /** @enum {string} */
                            type: "LoopChanged";
                            version: number;
                        } | {
                            /** Format: date-time */
                            at: string;
                            data: {
                                filters: {
                                    equaliser: {
                                        bass: number;
                                        mid: number;
                                        treble: number;
                                    };
                                    pitch: number;
                                    readonly presets: ("bassboost" | "treble" | "pop" | "rock" | "electronic" | "soft" | "nightcore" | "vaporwave" | "eightd" | "karaoke" | "tremolo" | "vibrato" | "distortion" | "mono")[];
                                    speed: number;
                                };
                            };
                            /** @enum {string} */
                            type: "FiltersChanged";
                            version: number;
                        } | {
                            /** Format: date-time */
                            at: string;
                            data: {
                                voiceChannel: string | null;
                            };
                            /** @enum {string} */
                            type: "ChannelChanged";
                            version: number;
                        } | {
                            /** Format: date-time */
                            at: string;
                            data: {
                                reason: {
                                    entryId: string | null;
                                    text: string;
                                    why?: {
                                        /** @enum {string} */
                                        code: "retried" | "skipped" | "skipped-several" | "skipped-many" | "gave-up" | "gave-up-kept" | "node" | "answer" | "voice" | "no-permission" | "muted" | "audience" | "nobody" | "disconnected" | "channel-deleted" | "channel-full" | "channel-forbidden" | "voice-lost" | "autoplay-nothing" | "alone" | "idle" | "voice-protocol" | "voice-encryption" | "channel-encrypted" | "too-many-attempts" | "call-ended" | "voice-closing" | "voice-unheard";
                                        /** @default {} */
                                        params: {
                                            [key: string]: string | number;
                                        };
                                    };
                                } | null;
                            };
                            /** @enum {string} */
                            type: "ReasonChanged";
                            version: number;
                        } | {
                            /** Format: date-time */
                            at: string;
                            data: {
                                readonly entryIds: string[];
                            };
                            /** @enum {string} */
                            type: "RequestersErased";
                            version: number;
                        })[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listInvitations: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** Format: date-time */
                            createdAt: string;
                            createdBy: string;
                            /** Format: date-time */
                            expiresAt: string;
                            id: string;
                            note: string | null;
                            /** @enum {string} */
                            role: "owner" | "admin" | "auditor" | "viewer";
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    invite: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    note?: string;
                    /** @enum {string} */
                    role: "owner" | "admin" | "auditor" | "viewer";
                };
            };
        };
        responses: {
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        createdAt: string;
                        createdBy: string;
                        /** Format: date-time */
                        expiresAt: string;
                        id: string;
                        note: string | null;
                        /** @enum {string} */
                        role: "owner" | "admin" | "auditor" | "viewer";
                        url: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    withdrawInvitation: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                invitation: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readKeys: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        custodian: {
                            /** @enum {string} */
                            kind: "file";
                            /** @enum {string} */
                            sealedBy: "key-file" | "passphrase";
                        } | {
                            /** @enum {string} */
                            kind: "vault";
                        };
                        keys: {
                            algorithm: string;
                            /** Format: date-time */
                            createdAt: string;
                            protects: number;
                            /** @enum {string} */
                            purpose: "data" | "audit-checkpoint" | "audit-key" | "library";
                            /** @enum {string} */
                            state: "current" | "retired";
                            version: number;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readExternalKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        key: {
                            /** @default approle */
                            authMount: string;
                            key: string;
                            /** @default transit */
                            mount: string;
                            namespace?: string;
                            roleId: string;
                            /** Format: date-time */
                            setAt: string;
                            /** Format: uri */
                            url: string;
                        } | null;
                        sentence: string;
                        since: string | null;
                        /** @enum {string} */
                        state: "none" | "changing" | "failed" | "in-use" | "unavailable";
                        version: number;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setExternalKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
                "if-match"?: string;
            };
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default approle */
                    authMount?: string;
                    key: string;
                    /** @default transit */
                    mount?: string;
                    namespace?: string;
                    roleId: string;
                    secretId: string;
                    trustPem?: string;
                    /** Format: uri */
                    url: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        key: {
                            /** @default approle */
                            authMount: string;
                            key: string;
                            /** @default transit */
                            mount: string;
                            namespace?: string;
                            roleId: string;
                            /** Format: date-time */
                            setAt: string;
                            /** Format: uri */
                            url: string;
                        } | null;
                        sentence: string;
                        since: string | null;
                        /** @enum {string} */
                        state: "none" | "changing" | "failed" | "in-use" | "unavailable";
                        version: number;
                    };
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "running";
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeExternalKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
                "if-match"?: string;
            };
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        key: {
                            /** @default approle */
                            authMount: string;
                            key: string;
                            /** @default transit */
                            mount: string;
                            namespace?: string;
                            roleId: string;
                            /** Format: date-time */
                            setAt: string;
                            /** Format: uri */
                            url: string;
                        } | null;
                        sentence: string;
                        since: string | null;
                        /** @enum {string} */
                        state: "none" | "changing" | "failed" | "in-use" | "unavailable";
                        version: number;
                    };
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "running";
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    abandonExternalKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        key: {
                            /** @default approle */
                            authMount: string;
                            key: string;
                            /** @default transit */
                            mount: string;
                            namespace?: string;
                            roleId: string;
                            /** Format: date-time */
                            setAt: string;
                            /** Format: uri */
                            url: string;
                        } | null;
                        sentence: string;
                        since: string | null;
                        /** @enum {string} */
                        state: "none" | "changing" | "failed" | "in-use" | "unavailable";
                        version: number;
                    };
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "running";
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryExternalKey: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        key: {
                            /** @default approle */
                            authMount: string;
                            key: string;
                            /** @default transit */
                            mount: string;
                            namespace?: string;
                            roleId: string;
                            /** Format: date-time */
                            setAt: string;
                            /** Format: uri */
                            url: string;
                        } | null;
                        sentence: string;
                        since: string | null;
                        /** @enum {string} */
                        state: "none" | "changing" | "failed" | "in-use" | "unavailable";
                        version: number;
                    };
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "running";
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateKeys: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        custodian: {
                            /** @enum {string} */
                            kind: "file";
                            /** @enum {string} */
                            sealedBy: "key-file" | "passphrase";
                        } | {
                            /** @enum {string} */
                            kind: "vault";
                        };
                        keys: {
                            algorithm: string;
                            /** Format: date-time */
                            createdAt: string;
                            protects: number;
                            /** @enum {string} */
                            purpose: "data" | "audit-checkpoint" | "audit-key" | "library";
                            /** @enum {string} */
                            state: "current" | "retired";
                            version: number;
                        }[];
                    };
                };
            };
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        status: "running";
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readKeySchedule: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        days: number;
                        /** Format: date-time */
                        dueAt: string;
                        failedAt: string | null;
                        rotatedAt: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setKeySchedule: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    days: number;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        days: number;
                        /** Format: date-time */
                        dueAt: string;
                        failedAt: string | null;
                        rotatedAt: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events (HTML Standard, 9.2), each described here as an object of its name and its data parsed as JSON */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": {
                        data: {
                            /** @enum {string} */
                            cause: "snapshot" | "track-start" | "track-end" | "queue" | "pause" | "volume" | "stop" | "voice" | "failure";
                            detail?: string;
                            player: {
                                asOfMs: number;
                                /** @default false */
                                autoplay: boolean;
                                current: {
                                    artworkUrl: string | null;
                                    author: string;
                                    automatic?: boolean;
                                    entryId: string;
                                    isStream: boolean;
                                    lengthMs: number | null;
                                    requestedBy: string | null;
                                    source: string;
                                    title: string;
                                    uri: string | null;
                                } | null;
                                /** @default [] */
                                filters: string[];
                                /**
                                 * @default {
                                 *       "presets": [],
                                 *       "speed": 100,
                                 *       "pitch": 100,
                                 *       "equaliser": false
                                 *     }
                                 */
                                filterValues: {
                                    equaliser: boolean;
                                    pitch: number;
                                    presets: ("bassboost" | "treble" | "pop" | "rock" | "electronic" | "soft" | "nightcore" | "vaporwave" | "eightd" | "karaoke" | "tremolo" | "vibrato" | "distortion" | "mono")[];
                                    speed: number;
                                };
                                guild: string;
                                later?: number;
                                /**
                                 * @default off
                                 * @enum {string}
                                 */
                                loop: "off" | "track" | "queue";
                                message: {
                                    channelId: string;
                                    messageId: string;
                                } | null;
                                positionMs: number;
                                queue: {
                                    artworkUrl: string | null;
                                    author: string;
                                    automatic?: boolean;
                                    entryId: string;
                                    isStream: boolean;
                                    lengthMs: number | null;
                                    requestedBy: string | null;
                                    source: string;
                                    title: string;
                                    uri: string | null;
                                }[];
                                queueLength: number;
                                reason: string | null;
                                /** @default 1 */
                                speed: number;
                                /** @enum {string} */
                                state: "idle" | "waiting" | "playing" | "paused";
                                textChannel: string | null;
                                version: number;
                                voiceChannel: string | null;
                                volume: number;
                                /** @default null */
                                why: {
                                    /** @enum {string} */
                                    code: "retried" | "skipped" | "skipped-several" | "skipped-many" | "gave-up" | "gave-up-kept" | "node" | "answer" | "voice" | "no-permission" | "muted" | "audience" | "nobody" | "disconnected" | "channel-deleted" | "channel-full" | "channel-forbidden" | "voice-lost" | "autoplay-nothing" | "alone" | "idle" | "voice-protocol" | "voice-encryption" | "channel-encrypted" | "too-many-attempts" | "call-ended" | "voice-closing" | "voice-unheard";
                                    /** @default {} */
                                    params: {
                                        [key: string]: string | number;
                                    };
                                } | null;
                            };
                        };
                        /** @enum {string} */
                        event: "player";
                    } | {
                        data: {
                            current: boolean;
                        };
                        /** @enum {string} */
                        event: "players";
                    } | {
                        data: {
                            applicationId?: string;
                            botUserId?: string;
                            findings?: {
                                /** @enum {string} */
                                affects: "commands" | "invitation" | "requests";
                                /** @enum {string} */
                                code: "interactions-endpoint-set" | "code-grant-required" | "message-content-missing";
                                sentence: string;
                            }[];
                            guilds: number;
                            latencyMs?: number;
                            reason?: string;
                            /** @enum {string} */
                            status: "none" | "connecting" | "connected" | "failed";
                            unavailableGuilds?: number;
                        } | null;
                        /** @enum {string} */
                        event: "session";
                    } | {
                        data: {
                            /** @enum {string} */
                            desired: "running" | "stopped";
                            layers: string[];
                            reason?: string;
                            restarts: number;
                            /** @enum {string} */
                            state: "stopped" | "starting" | "ready" | "degraded" | "backing-off" | "failed";
                        } | null;
                        /** @enum {string} */
                        event: "instance";
                    } | {
                        data: {
                            /** @enum {string} */
                            reason: "not-allowed" | "deleted" | "undecided";
                        };
                        /** @enum {string} */
                        event: "end";
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listMembers: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            avatarUrl: string | null;
                            name: string;
                            /** @enum {string} */
                            role: "owner" | "admin" | "auditor" | "viewer";
                            /** Format: date-time */
                            since: string;
                            subject: string;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    setMemberRole: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                subject: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @enum {string} */
                    role: "owner" | "admin" | "auditor" | "viewer";
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** @enum {string} */
                        role: "owner" | "admin" | "auditor" | "viewer";
                        subject: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeMember: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                subject: string;
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readOnboarding: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        checks: {
                            code?: string;
                            data?: {
                                applicationId?: string;
                                botUsername?: string;
                                commands?: string[];
                                count?: number;
                                guild?: {
                                    id: string;
                                    name: string;
                                };
                                guilds?: {
                                    iconUrl?: string | null;
                                    id: string;
                                    name: string;
                                }[];
                                inviteUrl?: string | null;
                                missing?: string[];
                                voiceChannel?: {
                                    id: string;
                                    name: string;
                                };
                            };
                            detail?: string;
                            fix?: string;
                            /** @enum {string} */
                            id: "token" | "application" | "duplicate" | "interactions-endpoint" | "stored" | "instance" | "commands" | "invite" | "member" | "voice-permissions" | "joined" | "plays";
                            /** @enum {string} */
                            state: "waiting" | "running" | "passed" | "failed" | "needs-you";
                            title: string;
                        }[];
                        developerPortal: {
                            sandbox: boolean;
                            /** Format: uri */
                            url: string;
                        };
                        done: boolean;
                        place: {
                            guild: string;
                            voiceChannel: string;
                        } | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    startOnboarding: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    applicationId?: string;
                    token: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        checks: {
                            code?: string;
                            data?: {
                                applicationId?: string;
                                botUsername?: string;
                                commands?: string[];
                                count?: number;
                                guild?: {
                                    id: string;
                                    name: string;
                                };
                                guilds?: {
                                    iconUrl?: string | null;
                                    id: string;
                                    name: string;
                                }[];
                                inviteUrl?: string | null;
                                missing?: string[];
                                voiceChannel?: {
                                    id: string;
                                    name: string;
                                };
                            };
                            detail?: string;
                            fix?: string;
                            /** @enum {string} */
                            id: "token" | "application" | "duplicate" | "interactions-endpoint" | "stored" | "instance" | "commands" | "invite" | "member" | "voice-permissions" | "joined" | "plays";
                            /** @enum {string} */
                            state: "waiting" | "running" | "passed" | "failed" | "needs-you";
                            title: string;
                        }[];
                        developerPortal: {
                            sandbox: boolean;
                            /** Format: uri */
                            url: string;
                        };
                        done: boolean;
                        place: {
                            guild: string;
                            voiceChannel: string;
                        } | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    retryCheck: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                check: "token" | "application" | "duplicate" | "interactions-endpoint" | "stored" | "instance" | "commands" | "invite" | "member" | "voice-permissions" | "joined" | "plays";
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        checks: {
                            code?: string;
                            data?: {
                                applicationId?: string;
                                botUsername?: string;
                                commands?: string[];
                                count?: number;
                                guild?: {
                                    id: string;
                                    name: string;
                                };
                                guilds?: {
                                    iconUrl?: string | null;
                                    id: string;
                                    name: string;
                                }[];
                                inviteUrl?: string | null;
                                missing?: string[];
                                voiceChannel?: {
                                    id: string;
                                    name: string;
                                };
                            };
                            detail?: string;
                            fix?: string;
                            /** @enum {string} */
                            id: "token" | "application" | "duplicate" | "interactions-endpoint" | "stored" | "instance" | "commands" | "invite" | "member" | "voice-permissions" | "joined" | "plays";
                            /** @enum {string} */
                            state: "waiting" | "running" | "passed" | "failed" | "needs-you";
                            title: string;
                        }[];
                        developerPortal: {
                            sandbox: boolean;
                            /** Format: uri */
                            url: string;
                        };
                        done: boolean;
                        place: {
                            guild: string;
                            voiceChannel: string;
                        } | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    followOnboarding: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Server-sent events (HTML Standard, 9.2), each described here as an object of its name and its data parsed as JSON */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": {
                        data: {
                            checks: {
                                code?: string;
                                data?: {
                                    applicationId?: string;
                                    botUsername?: string;
                                    commands?: string[];
                                    count?: number;
                                    guild?: {
                                        id: string;
                                        name: string;
                                    };
                                    guilds?: {
                                        iconUrl?: string | null;
                                        id: string;
                                        name: string;
                                    }[];
                                    inviteUrl?: string | null;
                                    missing?: string[];
                                    voiceChannel?: {
                                        id: string;
                                        name: string;
                                    };
                                };
                                detail?: string;
                                fix?: string;
                                /** @enum {string} */
                                id: "token" | "application" | "duplicate" | "interactions-endpoint" | "stored" | "instance" | "commands" | "invite" | "member" | "voice-permissions" | "joined" | "plays";
                                /** @enum {string} */
                                state: "waiting" | "running" | "passed" | "failed" | "needs-you";
                                title: string;
                            }[];
                            developerPortal: {
                                sandbox: boolean;
                                /** Format: uri */
                                url: string;
                            };
                            done: boolean;
                            place: {
                                guild: string;
                                voiceChannel: string;
                            } | null;
                        };
                        /** @enum {string} */
                        event: "state";
                    } | {
                        data: {
                            /** @enum {string} */
                            reason: "not-allowed" | "deleted" | "undecided";
                        };
                        /** @enum {string} */
                        event: "end";
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    choosePlace: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    guild: string;
                    voiceChannel: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        checks: {
                            code?: string;
                            data?: {
                                applicationId?: string;
                                botUsername?: string;
                                commands?: string[];
                                count?: number;
                                guild?: {
                                    id: string;
                                    name: string;
                                };
                                guilds?: {
                                    iconUrl?: string | null;
                                    id: string;
                                    name: string;
                                }[];
                                inviteUrl?: string | null;
                                missing?: string[];
                                voiceChannel?: {
                                    id: string;
                                    name: string;
                                };
                            };
                            detail?: string;
                            fix?: string;
                            /** @enum {string} */
                            id: "token" | "application" | "duplicate" | "interactions-endpoint" | "stored" | "instance" | "commands" | "invite" | "member" | "voice-permissions" | "joined" | "plays";
                            /** @enum {string} */
                            state: "waiting" | "running" | "passed" | "failed" | "needs-you";
                            title: string;
                        }[];
                        developerPortal: {
                            sandbox: boolean;
                            /** Format: uri */
                            url: string;
                        };
                        done: boolean;
                        place: {
                            guild: string;
                            voiceChannel: string;
                        } | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeOnboarding: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        checks: {
                            code?: string;
                            data?: {
                                applicationId?: string;
                                botUsername?: string;
                                commands?: string[];
                                count?: number;
                                guild?: {
                                    id: string;
                                    name: string;
                                };
                                guilds?: {
                                    iconUrl?: string | null;
                                    id: string;
                                    name: string;
                                }[];
                                inviteUrl?: string | null;
                                missing?: string[];
                                voiceChannel?: {
                                    id: string;
                                    name: string;
                                };
                            };
                            detail?: string;
                            fix?: string;
                            /** @enum {string} */
                            id: "token" | "application" | "duplicate" | "interactions-endpoint" | "stored" | "instance" | "commands" | "invite" | "member" | "voice-permissions" | "joined" | "plays";
                            /** @enum {string} */
                            state: "waiting" | "running" | "passed" | "failed" | "needs-you";
                            title: string;
                        }[];
                        developerPortal: {
                            sandbox: boolean;
                            /** Format: uri */
                            url: string;
                        };
                        done: boolean;
                        place: {
                            guild: string;
                            voiceChannel: string;
                        } | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    handOverTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    subject: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listPolicies: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
            };
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            guild: string;
                            version: number;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    resumeTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        applicationId: string | null;
                        botUserId: string | null;
                        botUsername: string | null;
                        /** Format: date-time */
                        createdAt: string;
                        id: string;
                        name: string;
                        reason: string | null;
                        /** @enum {string} */
                        status: "created" | "active" | "suspended" | "deleting";
                        suspendedBy: string | null;
                        version: number;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readStatistics: {
        parameters: {
            query: {
                by?: "hour" | "day" | "week";
                from: string;
                guild?: string;
                timeZone?: string;
                to: string;
            };
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        failures: {
                            /** @enum {string} */
                            fault: "unplayable" | "undelivered" | "stalled" | "refused" | "unreadable" | "other";
                            tracks: number;
                        }[];
                        hours: {
                            hour: number;
                            played: number;
                            weekday: number;
                        }[];
                        plays: {
                            /** Format: date-time */
                            at: string;
                            failed: number;
                            finished: number;
                            played: number;
                            skipped: number;
                            stopped: number;
                        }[];
                        starts: {
                            buckets: {
                                plays: number;
                                withinMs: number | null;
                            }[];
                            p50Ms: number | null;
                            p95Ms: number | null;
                        };
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    exportStatistics: {
        parameters: {
            query: {
                by?: "hour" | "day" | "week";
                from: string;
                guild?: string;
                table: "plays" | "hours" | "failures" | "starts" | "tracks" | "members";
                timeZone?: string;
                to: string;
            };
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The file */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/csv": string;
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readRecentPlays: {
        parameters: {
            query?: {
                minutes?: number;
            };
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        asOf: string;
                        busiest: {
                            /** Format: date-time */
                            from: string;
                            played: number;
                            /** Format: date-time */
                            to: string;
                        } | null;
                        finalBefore: string | null;
                        heard: {
                            /** Format: date-time */
                            at: string;
                            heardMs: number;
                        }[];
                        lastDay: {
                            failed: number;
                            finished: number;
                            played: number;
                            skipped: number;
                            stopped: number;
                        };
                        lastHour: {
                            failed: number;
                            finished: number;
                            played: number;
                            skipped: number;
                            stopped: number;
                        };
                        late: {
                            corrected: number;
                            leftOut: number;
                        };
                        minutes: {
                            /** Format: date-time */
                            at: string;
                            failed: number;
                            played: number;
                        }[];
                        newestAt: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readRecentTops: {
        parameters: {
            query?: {
                guild?: string;
                last?: "hour" | "day";
            };
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        from: string;
                        tracks: {
                            author: string;
                            plays: number;
                            title: string;
                            uri: string | null;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readTops: {
        parameters: {
            query: {
                from: string;
                guild?: string;
                to: string;
            };
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        members: {
                            guild: string;
                            plays: number;
                            user: string;
                        }[];
                        /** Format: date */
                        since: string;
                        tracks: {
                            author: string;
                            plays: number;
                            title: string;
                            uri: string | null;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    suspendTenant: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    reason: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        applicationId: string | null;
                        botUserId: string | null;
                        botUsername: string | null;
                        /** Format: date-time */
                        createdAt: string;
                        id: string;
                        name: string;
                        reason: string | null;
                        /** @enum {string} */
                        status: "created" | "active" | "suspended" | "deleting";
                        suspendedBy: string | null;
                        version: number;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    readTenantTimeline: {
        parameters: {
            query: {
                at: string;
            };
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        at: string;
                        credential: {
                            applicationId: string | null;
                            keyVersion: number | null;
                            last: {
                                /** Format: date-time */
                                at: string;
                                by: string;
                                type: string;
                            } | null;
                            refusal: ("invalid-token" | "intents-not-granted" | "too-many-servers") | null;
                            /** @enum {string} */
                            state: "none" | "stored" | "accepted" | "refused";
                        } | null;
                        tenant: {
                            applicationId: string | null;
                            botUsername: string | null;
                            last: {
                                /** Format: date-time */
                                at: string;
                                by: string;
                                type: string;
                            } | null;
                            name: string;
                            reason: string | null;
                            /** @enum {string} */
                            status: "created" | "active" | "suspended" | "deleting";
                            suspendedBy: string | null;
                        } | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listTenantTimelineEvents: {
        parameters: {
            query: {
                cursor?: string;
                from: string;
                limit?: number;
                to: string;
            };
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: ({
                            /** Format: date-time */
                            at: string;
                            by: string;
                            data: {
                                state: {
                                    applicationId: string | null;
                                    botUserId: string | null;
                                    botUsername: string | null;
                                    name: string;
                                    reason: string | null;
                                    /** @enum {string} */
                                    status: "created" | "active" | "suspended" | "deleting";
                                    suspendedBy: string | null;
                                    version: number;
                                };
                            };
                            /** @enum {string} */
                            type: "TenantFound";
                        } | {
                            /** Format: date-time */
                            at: string;
                            by: string;
                            data: {
                                name: string;
                            };
                            /** @enum {string} */
                            type: "TenantCreated";
                        } | {
                            /** Format: date-time */
                            at: string;
                            by: string;
                            data: {
                                applicationId: string;
                                botUserId: string;
                                botUsername: string;
                            };
                            /** @enum {string} */
                            type: "TenantActivated";
                        } | {
                            /** Format: date-time */
                            at: string;
                            by: string;
                            data: Record<string, unknown>;
                            /** @enum {string} */
                            type: "TenantWithdrawn";
                        } | {
                            /** Format: date-time */
                            at: string;
                            by: string;
                            data: {
                                name: string;
                            };
                            /** @enum {string} */
                            type: "TenantRenamed";
                        } | {
                            /** Format: date-time */
                            at: string;
                            by: string;
                            data: {
                                reason: string;
                                /** @enum {string} */
                                suspendedAs: "owner" | "operator";
                                suspendedBy: string;
                            };
                            /** @enum {string} */
                            type: "TenantSuspended";
                        } | {
                            /** Format: date-time */
                            at: string;
                            by: string;
                            data: Record<string, unknown>;
                            /** @enum {string} */
                            type: "TenantResumed";
                        } | {
                            /** Format: date-time */
                            at: string;
                            by: string;
                            data: Record<string, unknown>;
                            /** @enum {string} */
                            type: "TenantDeletionBegun";
                        } | {
                            /** Format: date-time */
                            at: string;
                            by: string;
                            data: {
                                state: {
                                    applicationId: string;
                                    botUserId: string;
                                    keyVersion: number | null;
                                    refusal: ("invalid-token" | "intents-not-granted" | "too-many-servers") | null;
                                    /** @enum {string} */
                                    status: "stored" | "accepted" | "refused";
                                };
                            };
                            /** @enum {string} */
                            type: "CredentialFound";
                        } | {
                            /** Format: date-time */
                            at: string;
                            by: string;
                            data: {
                                applicationId: string;
                                botUserId: string;
                                keyVersion: number;
                            };
                            /** @enum {string} */
                            type: "CredentialStored";
                        } | {
                            /** Format: date-time */
                            at: string;
                            by: string;
                            data: {
                                applicationId: string;
                                botUserId: string;
                                keyVersion: number;
                            };
                            /** @enum {string} */
                            type: "CredentialReplaced";
                        } | {
                            /** Format: date-time */
                            at: string;
                            by: string;
                            data: Record<string, unknown>;
                            /** @enum {string} */
                            type: "CredentialAccepted";
                        } | {
                            /** Format: date-time */
                            at: string;
                            by: string;
                            data: {
                                applicationId: string;
                                /** @enum {string} */
                                reason: "invalid-token" | "intents-not-granted" | "too-many-servers";
                            };
                            /** @enum {string} */
                            type: "CredentialRefused";
                        } | {
                            /** Format: date-time */
                            at: string;
                            by: string;
                            data: {
                                keyVersion: number;
                            };
                            /** @enum {string} */
                            type: "CredentialResealed";
                        } | {
                            /** Format: date-time */
                            at: string;
                            by: string;
                            data: Record<string, unknown>;
                            /** @enum {string} */
                            type: "CredentialRemoved";
                        })[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    storeToken: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    applicationId?: string;
                    token: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        applicationId: string;
                        botUserId: string;
                        botUsername: string;
                        inviteUrl: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWebhooks: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            /** Format: date-time */
                            createdAt: string;
                            description: string;
                            disabledBecause: string | null;
                            enabled: boolean;
                            events: string[];
                            failingSince: string | null;
                            id: string;
                            previousSecretUntil: string | null;
                            url: string;
                        }[];
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    createWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    /** @default  */
                    description?: string;
                    events: ("track.started" | "queue.ended" | "policy.changed" | "key.rotated" | "bot.unwell" | "tenant.suspended" | "credential.refused" | "usage.reported")[];
                    /** Format: uri */
                    url: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            201: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        createdAt: string;
                        description: string;
                        disabledBecause: string | null;
                        enabled: boolean;
                        events: string[];
                        failingSince: string | null;
                        id: string;
                        previousSecretUntil: string | null;
                        secret: string;
                        url: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    removeWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    changeWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
                webhook: string;
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    description?: string;
                    enabled?: boolean;
                    events?: ("track.started" | "queue.ended" | "policy.changed" | "key.rotated" | "bot.unwell" | "tenant.suspended" | "credential.refused" | "usage.reported")[];
                    /** Format: uri */
                    url?: string;
                };
            };
        };
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        createdAt: string;
                        description: string;
                        disabledBecause: string | null;
                        enabled: boolean;
                        events: string[];
                        failingSince: string | null;
                        id: string;
                        previousSecretUntil: string | null;
                        url: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    listWebhookDeliveries: {
        parameters: {
            query?: {
                cursor?: string;
                limit?: number;
                status?: "waiting" | "delivered" | "failed";
            };
            header?: never;
            path: {
                tenant: string;
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        items: {
                            attempts: number;
                            body: string;
                            /** Format: date-time */
                            createdAt: string;
                            endedAt: string | null;
                            excerpt: string | null;
                            fault: string | null;
                            id: string;
                            messageId: string;
                            nextAttemptAt: string | null;
                            responseStatus: number | null;
                            /** @enum {string} */
                            status: "waiting" | "delivered" | "failed";
                            type: string;
                        }[];
                        nextCursor: string | null;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    replayWebhookDelivery: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                delivery: string;
                tenant: string;
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        attempts: number;
                        body: string;
                        /** Format: date-time */
                        createdAt: string;
                        endedAt: string | null;
                        excerpt: string | null;
                        fault: string | null;
                        id: string;
                        messageId: string;
                        nextAttemptAt: string | null;
                        responseStatus: number | null;
                        /** @enum {string} */
                        status: "waiting" | "delivered" | "failed";
                        type: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    rotateWebhookSecret: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        /** Format: date-time */
                        createdAt: string;
                        description: string;
                        disabledBecause: string | null;
                        enabled: boolean;
                        events: string[];
                        failingSince: string | null;
                        id: string;
                        previousSecretUntil: string | null;
                        secret: string;
                        url: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    testWebhook: {
        parameters: {
            query?: never;
            header?: {
                /** @description For a day, repeating the request with the same key returns the first response and does nothing twice */
                "idempotency-key"?: string;
            };
            path: {
                tenant: string;
                webhook: string;
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Default Response */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": {
                        attempts: number;
                        body: string;
                        /** Format: date-time */
                        createdAt: string;
                        endedAt: string | null;
                        excerpt: string | null;
                        fault: string | null;
                        id: string;
                        messageId: string;
                        nextAttemptAt: string | null;
                        responseStatus: number | null;
                        /** @enum {string} */
                        status: "waiting" | "delivered" | "failed";
                        type: string;
                    };
                };
            };
            /** @description Refused */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    onBotUnwell: {
        parameters: {
            query?: never;
            header: {
                /** @description The same in every attempt */
                "webhook-id": string;
                /** @description Signatures, separated by spaces */
                "webhook-signature": string;
                /** @description When this attempt was made, in Unix seconds */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data: {
                        reason: string;
                    };
                    tenant: string;
                    /** Format: date-time */
                    timestamp: string;
                    /** @constant */
                    type: "bot.unwell";
                };
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No more events are wanted; the webhook is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again later. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onCredentialRefused: {
        parameters: {
            query?: never;
            header: {
                /** @description The same in every attempt */
                "webhook-id": string;
                /** @description Signatures, separated by spaces */
                "webhook-signature": string;
                /** @description When this attempt was made, in Unix seconds */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data: {
                        applicationId: string;
                        /** @enum {string} */
                        reason: "invalid-token" | "intents-not-granted" | "too-many-servers";
                    };
                    tenant: string;
                    /** Format: date-time */
                    timestamp: string;
                    /** @constant */
                    type: "credential.refused";
                };
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No more events are wanted; the webhook is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again later. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onKeyRotated: {
        parameters: {
            query?: never;
            header: {
                /** @description The same in every attempt */
                "webhook-id": string;
                /** @description Signatures, separated by spaces */
                "webhook-signature": string;
                /** @description When this attempt was made, in Unix seconds */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data: {
                        purpose: string;
                        version: number;
                    };
                    tenant: string;
                    /** Format: date-time */
                    timestamp: string;
                    /** @constant */
                    type: "key.rotated";
                };
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No more events are wanted; the webhook is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again later. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onPolicyChanged: {
        parameters: {
            query?: never;
            header: {
                /** @description The same in every attempt */
                "webhook-id": string;
                /** @description Signatures, separated by spaces */
                "webhook-signature": string;
                /** @description When this attempt was made, in Unix seconds */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data: {
                        guild: string;
                        version: number;
                    };
                    tenant: string;
                    /** Format: date-time */
                    timestamp: string;
                    /** @constant */
                    type: "policy.changed";
                };
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No more events are wanted; the webhook is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again later. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onQueueEnded: {
        parameters: {
            query?: never;
            header: {
                /** @description The same in every attempt */
                "webhook-id": string;
                /** @description Signatures, separated by spaces */
                "webhook-signature": string;
                /** @description When this attempt was made, in Unix seconds */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data: {
                        guild: string;
                    };
                    tenant: string;
                    /** Format: date-time */
                    timestamp: string;
                    /** @constant */
                    type: "queue.ended";
                };
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No more events are wanted; the webhook is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again later. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onTenantSuspended: {
        parameters: {
            query?: never;
            header: {
                /** @description The same in every attempt */
                "webhook-id": string;
                /** @description Signatures, separated by spaces */
                "webhook-signature": string;
                /** @description When this attempt was made, in Unix seconds */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data: {
                        /** @enum {string} */
                        suspendedAs: "owner" | "operator";
                    };
                    tenant: string;
                    /** Format: date-time */
                    timestamp: string;
                    /** @constant */
                    type: "tenant.suspended";
                };
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No more events are wanted; the webhook is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again later. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onTrackStarted: {
        parameters: {
            query?: never;
            header: {
                /** @description The same in every attempt */
                "webhook-id": string;
                /** @description Signatures, separated by spaces */
                "webhook-signature": string;
                /** @description When this attempt was made, in Unix seconds */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data: {
                        entry: string;
                        guild: string;
                    };
                    tenant: string;
                    /** Format: date-time */
                    timestamp: string;
                    /** @constant */
                    type: "track.started";
                };
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No more events are wanted; the webhook is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again later. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onUsageReported: {
        parameters: {
            query?: never;
            header: {
                /** @description The same in every attempt */
                "webhook-id": string;
                /** @description Signatures, separated by spaces */
                "webhook-signature": string;
                /** @description When this attempt was made, in Unix seconds */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data: {
                        /** Format: date */
                        day: string;
                        guilds: number;
                        tracksStarted: number;
                    };
                    tenant: string;
                    /** Format: date-time */
                    timestamp: string;
                    /** @constant */
                    type: "usage.reported";
                };
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No more events are wanted; the webhook is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again later. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
    onWebhookTest: {
        parameters: {
            query?: never;
            header: {
                /** @description The same in every attempt */
                "webhook-id": string;
                /** @description Signatures, separated by spaces */
                "webhook-signature": string;
                /** @description When this attempt was made, in Unix seconds */
                "webhook-timestamp": string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": {
                    data: {
                        message: string;
                    };
                    tenant: string;
                    /** Format: date-time */
                    timestamp: string;
                    /** @constant */
                    type: "webhook.test";
                };
            };
        };
        responses: {
            /** @description The event was taken. */
            "2XX": {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description No more events are wanted; the webhook is disabled. */
            410: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description The event is sent again later. */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
        };
    };
}
