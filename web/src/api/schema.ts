/** Made from docs/openapi.json by `npm run generate` in web/tools/openapi. */

export interface paths {
    "/api/accounts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller's accounts; for managers and auditor clerks everyone's. */
        get: {
            parameters: {
                query?: {
                    /** @description Cursor of an earlier page. */
                    cursor?: string | null;
                    /** @description 1 to 200, default 50. */
                    limit?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AccountPage"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        /** Opens an account: a signed `account.open`. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/accounts/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One account. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AccountView"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/accounts/{id}/balance": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The balance of an account at a time, or by value date at the end of a day. */
        get: {
            parameters: {
                query?: {
                    /** @description An instant, which counts, such as `2026-03-01T12:00:00.000000Z`; now where it is absent. */
                    at?: string | null;
                    /** @description A day such as `2026-03-01`, instead of `at`: what counts by its end, by value date. */
                    value_on?: string | null;
                };
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["BalanceView"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/accounts/close": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Closes an empty account for good: a signed `account.close` of its owner or a manager. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/accounts/freeze": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Freezes or unfreezes an account: a signed `account.freeze` of a manager, or of its owner, who only adds to a freeze. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/accounts/fund": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Funds an account from the bank's equity: a signed `account.fund` of a manager. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/accounts/overdraft": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Says how far an account may be overdrawn: a signed `account.overdraft` of a manager. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/accounts/resolve/{number}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The account that a number names. Says nothing of its owner. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    number: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Resolved"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/authority": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who issues, who did, and who is proposed. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["AuthorityPage"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/authority/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Proposes the next issuing authority or, signed alike by another administrator, puts it into force: `authority.rotate`. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/invitations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Invitations, newest first; staff see everyone's. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["InvitationList"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/ip-rules": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every rule about addresses, those that have ended too. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["IpRulePage"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        /** Sets or ends a rule about addresses: a signed `ip_rule.set` of the administrator. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/policies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Proposes a policy: a signed `policy.propose`. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/policies/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Puts in force, or refuses, what somebody else proposed: a signed `policy.approve`. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every custom role with those who hold it, by name. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CustomRolePage"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        /** Defines a custom role, changes what it holds, or ends it: a signed `role.define` of the administrator. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/roles/grant": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Narrows a person to a custom role, or lifts that: a signed `role.grant` of the administrator. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/users": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** People, in the order in which they came. */
        get: {
            parameters: {
                query?: {
                    /** @description Cursor of an earlier page. */
                    cursor?: string | null;
                    /** @description 1 to 200, default 50. */
                    limit?: number | null;
                    /** @description Of this built-in role only. */
                    role?: string | null;
                    /** @description Text in the name or address. */
                    search?: string | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PeopleView"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/users/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Approves an invitation of staff that somebody else made: a signed `user.approve`. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/users/invite": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Invites a person: a signed `user.invite` whose details are `name` and `email`. Staff wait for a second person's approval. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/users/lock": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Locks a person out, or lets them in again: a signed `user.lock` of a manager or the administrator. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/webhooks": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every endpoint, those that are off too. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["WebhookPage"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        /**
         * Sets an endpoint: a signed `webhook.set` of the administrator. Where a secret was made, `secret` is beside the receipt,
         *     this once. An address to which the bank does not connect is refused before anything is recorded.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt, and a secret where one was made */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/admin/webhooks/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Tells an endpoint again what came after a leaf, and has a paused one go on, at once. Messages keep their ids. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ReplayRequest"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/approvals": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Payments that wait for a person: the caller's own, or everybody's for staff. In the order in which they were signed. */
        get: {
            parameters: {
                query?: {
                    /** @description Cursor of an earlier page. */
                    cursor?: string | null;
                    /** @description 1 to 200, default 50. */
                    limit?: number | null;
                    /** @description `waiting` (the default), `approved`, `rejected` or `expired`. */
                    status?: string | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ApprovalPage"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/approvals/{payment}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One payment that waits or waited, for those who decide with the risk engine's verdict. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    payment: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ApprovalDetails"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/approvals/decide": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Approves, rejects or escalates a payment: a signed `approval.decide` of a manager. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit/accountability-report": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * An accountability report: a signed `audit.report` of the auditor clerk. Answers the receipt of that, and the report of the
         *     log up to its leaf. Sent again it answers the receipt alone: each reading is signed for.
         */
        post: {
            parameters: {
                query?: {
                    /** @description Cursor of an earlier part. */
                    cursor?: string | null;
                    /** @description 1 to 200 leaves, default 50. */
                    limit?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt and report */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit/days": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The days that are closed, with their trial balances, the last first. */
        get: {
            parameters: {
                query?: {
                    /** @description Cursor of an earlier page. */
                    cursor?: number | null;
                    /** @description 1 to 400, default 31. */
                    limit?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["DayPage"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/audit/logs": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What happened, newest first: who signed what, and what came of it. */
        get: {
            parameters: {
                query?: {
                    /** @description Signed under this certificate, 64 hex digits. */
                    certificate?: string | null;
                    /** @description Cursor of an earlier page. */
                    cursor?: string | null;
                    /** @description From this time on. */
                    from?: string | null;
                    /** @description Name of a kind of intent or event. */
                    kind?: string | null;
                    /** @description 1 to 500, default 50. */
                    limit?: number | null;
                    /** @description `accepted` or `refused`. */
                    outcome?: string | null;
                    /** @description Until this time, exclusive. */
                    to?: string | null;
                    /** @description Signed by this person. */
                    user?: string | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TrailPageView"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/certificate-challenge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** A nonce to sign in with. Whatever is wrong with the certificate, the answer is the same. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["ChallengeRequest"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ChallengeAnswer"];
                    };
                };
                /** @description certificate-not-accepted */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/certificate-login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Signs in: `{"signed": <a session.login>, "device_proof": <base64url>}`. Answers the receipt and the session, its
         *     bootstrap secret sealed to the KEM key that was signed.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt and session */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/download-certificate/{user_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller's certificate with its path and the revocation list, sealed by KEM to the caller's device. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    user_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["BundleView"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/issue-role-certificate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Issues the certificate of a member of staff: as `/api/users/enrol`, for an invited person whom a second one approved. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt and certificate */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/logout": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends this session. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/qr-challenge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begins the pairing of a new device: the answer is to be shown to an enrolled device of the same person. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["PairingRequest"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PairingAnswer"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/qr-login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks whether the pairing was approved. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["StatusRequest"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StatusAnswer"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/refresh": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Exchanges a refresh token, once. The request carries its proof; a bearer token is not looked at. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["RefreshRequest"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RefreshAnswer"];
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/session-key": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replaces the key of this session. The request is proved with the old one, which is worth nothing from the answer on, nor is
         *     any token that names it; the refresh token stays. The holder must have proved within minutes who they are.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["SessionKeyRequest"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionKeyAnswer"];
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/session-rechallenge": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks how the holder of this session may prove again who they are; at aal3 with a challenge for that. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RechallengeAnswer"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/session-reverify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Proves again who holds this session: `{"signed": <a session.login over the challenge>, "device_proof": <base64url>}`
         *     at aal3, else one of `{"password"}`, `{"code"}`, `{"recovery_code"}`. A second factor steps the session up to aal2.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ReverifyAnswer"];
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/sessions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller's open sessions, newest first. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SessionPage"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        /** Ends every session of the caller, this one too. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Ended"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Ends one session of the caller. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/auth/verify-session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Who the bank takes this session for. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CallerView"];
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/beneficiaries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller's payees, with what was paid to them. */
        get: {
            parameters: {
                query?: {
                    /** @description Cursor of an earlier page. */
                    cursor?: string | null;
                    /** @description 1 to 200, default 50. */
                    limit?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["BeneficiaryPage"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        /** Keeps a payee: a signed `beneficiary.add`. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/beneficiaries/change": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Renames, disables, enables or deletes a payee: a signed `beneficiary.change`. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/beneficiaries/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Compares a payee's name with the one that the bank knows. A name that is not nearly right is told nothing of it. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["NameQuestion"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["NameAnswer"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/certificates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Everybody's certificates in use, the oldest first: who is to rotate next. */
        get: {
            parameters: {
                query?: {
                    /** @description Cursor of an earlier page. */
                    cursor?: string | null;
                    /** @description 1 to 200, default 50. */
                    limit?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CertificatePage"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/certificates/collect": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Gives the answer to an enrolment or a rotation again, to whoever shows the very document that was signed: `{"signed": <a
         *     user.enrol or key.rotate>}`. A rotation ends the session that sent it, so a device that lost the answer has no other way
         *     to its new certificate. 404 where the document never arrived: it can be sent as it is.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt and certificate */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/certificates/crl": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The revocation list in use of the authority that issues: DER, RFC 5280. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description DER */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/pkix-crl": unknown;
                    };
                };
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/certificates/crl/{issuer}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The revocation list in use of one issuing authority, by fingerprint: what its certificates name. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    /** @description SHA3-256 of the issuing certificate, 64 hex digits */
                    issuer: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description DER */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/pkix-crl": unknown;
                    };
                };
                304: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/certificates/details": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A certificate with everything in it. */
        get: {
            parameters: {
                query?: {
                    /** @description SHA3-256 of the DER, 64 hex digits; by default the one of this session. */
                    certificate?: string | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["DetailsView"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/certificates/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends a certificate: a signed `certificate.revoke`. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/certificates/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Where a certificate stands. */
        get: {
            parameters: {
                query?: {
                    /** @description SHA3-256 of the DER, 64 hex digits; by default the one of this session. */
                    certificate?: string | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RevocationView"];
                    };
                };
                /** @description Unknown, or not yours to see */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/customer/statements": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The statements that the bank made of an account of the caller's, the last first. */
        get: {
            parameters: {
                query: {
                    /** @description Id of the account. */
                    account: string;
                    /** @description Cursor of an earlier page. */
                    cursor?: string | null;
                    /** @description 1 to 200, default 50. */
                    limit?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["KeptPage"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/customer/statements/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * A statement that the bank made of an account of the caller's, byte for byte as it was made. An answer that breaks off is no
         *     statement: something in it has been erased since.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The signed statement */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": string;
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/customer/statements/download": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The statement, written while it is read. An answer that breaks off is no statement. */
        get: {
            parameters: {
                query: {
                    /** @description Id of the account. */
                    account: string;
                    /** @description `json`, `csv`, `pdf` or `camt053`; else what `Accept` asks for, else `json`. */
                    format?: string | null;
                    /** @description First day, UTC, such as `2026-03-01`. */
                    from: string;
                    /** @description Last day. */
                    to: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description The statement in the form asked for; the JSON form carries the bank's signature */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": string;
                        "application/pdf": string;
                        "application/xml": string;
                        "text/csv": string;
                    };
                };
                /** @description Another form or period */
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description No such account that you may see */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/customer/statements/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a statement over these days will say, without its entries. */
        get: {
            parameters: {
                query: {
                    /** @description Id of the account. */
                    account: string;
                    /** @description First day, UTC, such as `2026-03-01`. */
                    from: string;
                    /** @description Last day. */
                    to: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StatementPreview"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/customer/statements/reconcile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Holds a statement of somebody else (camt.053, or a table) against the entries of an account. Writes nothing. */
        post: {
            parameters: {
                query: {
                    /** @description Id of the account. */
                    account: string;
                    /** @description `json` or `csv`; else what `Accept` asks for, else `json`. */
                    format?: string | null;
                    /** @description First day, UTC, such as `2026-03-01`. */
                    from: string;
                    /** @description Last day. */
                    to: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            /** @description camt.053 or a table */
            requestBody: {
                content: {
                    "application/octet-stream": string;
                };
            };
            responses: {
                /** @description Matched, different, missing */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ReconciliationView"];
                        "text/csv": string;
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description The statement is refused whole, with line, element and reason */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own devices, newest first. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["DeviceList"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/devices/approve": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Lets a further device of one's own enrol: a signed `device.approve`. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/devices/name": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Names one of one's own devices. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["RenameRequest"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/devices/pairings/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A pairing of one's own, to be compared before it is approved. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PairingView"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/devices/revoke": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends a device with its certificates and sessions: a signed `device.revoke`. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * What happens on the caller's accounts and to the caller, as it happens; staff see what their role may read. Each event has
         *     the index of its leaf as its id, and its kind as its type; its data is JSON. The stream ends with the session.
         */
        get: {
            parameters: {
                query?: {
                    /** @description Tell what comes after this leaf; `Last-Event-ID` wins over it. Without both, what happens from now on. */
                    after?: string | null;
                };
                header?: {
                    /** @description The id of the last event that was received */
                    "Last-Event-ID"?: string | null;
                };
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Server-sent events */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/event-stream": string;
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/holds": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Open holds from or for the caller's accounts; a manager's are everybody's. Oldest first. */
        get: {
            parameters: {
                query?: {
                    /** @description Cursor of an earlier page. */
                    cursor?: string | null;
                    /** @description 1 to 200, default 50. */
                    limit?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["HoldPage"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        /** Keeps money aside for a payee: a signed `hold.place`. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/holds/capture": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes what is held for the caller, or a part of it: a signed `hold.capture`. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/holds/void": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Gives back what is held for the caller, or as a manager for anybody: a signed `hold.void`. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/intents": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Any signed intent of a session, or up to 1,000 of them in an array with one result each, in order. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            /** @description A signed envelope, or an array of them */
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt; for an array, one receipt or problem per intent */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": string;
                    };
                };
                /** @description Refused by a rule; carries the receipt */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/problem+json": unknown;
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/intents/dry-run": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Says what would become of an intent, decided by the code that decides it, and takes everything back. The request is a
         *     signed envelope without its signature: `{"intent", "details"?}`.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            /** @description The intent's canonical bytes in base64url, with its details */
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["DryRun"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/log/checkpoint": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The newest signed checkpoint, a C2SP signed note. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/plain": string;
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/log/consistency": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Proves that one tree is a prefix of another. */
        get: {
            parameters: {
                query: {
                    /** @description The larger tree; the newest where absent. */
                    new?: number | null;
                    /** @description The smaller tree. */
                    old: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Proof"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/log/entries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Leaves of the log, redacted. */
        get: {
            parameters: {
                query: {
                    /** @description How many, at most 1,000. */
                    count: number;
                    /** @description First leaf index. */
                    first: number;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Entries"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/log/inclusion": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Proves that a leaf is in the tree. */
        get: {
            parameters: {
                query: {
                    /** @description Leaf index. */
                    index: number;
                    /** @description Tree size; the newest where absent. */
                    size?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Proof"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/manager/recoveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Requests that wait for a manager, newest first. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RecoveryList"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/manager/users/recover": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Lets a customer who lost every device enrol anew: a signed `user.recover` of a manager. Every old certificate and
         *     device ends with it.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mfa": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the caller has to sign in with. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FactorsView"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mfa/disable": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Takes authenticator, recovery codes and trusted browsers away. Asks for a factor, or for a freshly proved session
         *     of aal3.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["FactorRequest"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mfa/recovery-codes": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Replaces the recovery codes by ten new ones. Asks for the authenticator. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["CodeRequest"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CodesAnswer"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mfa/setup": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begins to set up an authenticator; `POST /api/mfa/verify` with its first code completes it. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SetupAnswer"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mfa/trusted-devices": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The browsers that the caller trusts now, newest first. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TrustPage"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        /** Trusts this browser for 30 days, after a second factor was shown in this session. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["TrustRequest"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TrustAnswer"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mfa/trusted-devices/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Trusts one browser no more. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/mfa/verify": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Takes a code: it completes a set-up, or steps this session up to aal2. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["FactorRequest"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["VerifyAnswer"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/passkeys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller's passkeys, newest first. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PasskeyPage"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/passkeys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /** Deletes a passkey, in a session that was freshly proved. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/passkeys/login/begin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begins a sign-in. It names nobody: the authenticator finds its passkey by the bank's address. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["BegunView"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/passkeys/login/finish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Opens a session of aal2. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["LoginRequest"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SignedInView"];
                    };
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/passkeys/register/begin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begins to register a passkey, in a session of aal2 or aal3 that was freshly proved. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["BegunView"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/passkeys/register/finish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Keeps the passkey. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["RegisterRequest"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/passkeys/verify/begin": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Begins to step this session up. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["BegunView"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/passkeys/verify/finish": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Steps this session up to aal2. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["VerifyRequest"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SteppedUp"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/payments/files": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Pays a file: a signed `payments.file`, whose envelope carries the file. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            /** @description A signed envelope with a member `file` */
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt with a code per signed item */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description A file with this message id was paid from this account */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description The file is refused whole with line and reason, or the intent says something else; or refused by a rule, with receipt */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/payments/files/{intent}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What became of each item of a file that was paid, as of now. */
        get: {
            parameters: {
                query?: {
                    /** @description `json` or `pain002`; else what `Accept` asks for, else `json`. */
                    format?: string | null;
                };
                header?: never;
                path: {
                    intent: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description What became of each item */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FileStatus"];
                        "application/xml": string;
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/payments/files/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Reads a file and says what would be signed of it today, item by item. Writes nothing. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            /** @description pain.001 or a table */
            requestBody: {
                content: {
                    "application/octet-stream": string;
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["FilePreview"];
                    };
                };
                413: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Refused whole, with line, element and reason */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/policies": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Policies in force, and for staff proposals: those of the whole bank, of the caller's role and of the caller; staff see
         *     all. What no row names has the values of the documentation.
         */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PolicyPage"];
                    };
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/quantum/keys/{user_id}/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every key that a person ever held, newest first. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    user_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["KeyHistory"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/quantum/keys/{user_id}/info": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** A person's newest key. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    user_id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["KeyView"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/quantum/keys/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replaces the caller's key: `{"signed": <a key.rotate>, "sealed_device_key": <base64url>}`. Answers the receipt and
         *     the new certificate with its path.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt and certificate */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Which assets the bank exchanges for each other, and at which rates now. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RateList"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rbac/check": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Whether somebody may do something, and why: their built-in role, their custom roles, and the leaves that gave them. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["CheckRequest"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["CheckAnswer"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rbac/navigation": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What the caller may use now, by area: for menus. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Navigation"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rbac/permissions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Every permission, and which of them the caller has now. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["PermissionPage"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/rbac/roles": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The built-in roles, and the custom ones that the caller holds or may see. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RolePage"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/security/info": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What really runs. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SecurityInfo"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/security/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * How this process of the bank does, second by second: one event `history` with the last five minutes in an array, then one event
         *     `sample` each second. Each sample holds what was counted since the one before; it names nobody. The stream ends with the session.
         */
        get: {
            parameters: {
                query?: {
                    /** @description End after so many seconds' samples; without it, with the session. */
                    samples?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                /** @description Server-sent events */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "text/event-stream": components["schemas"]["Sample"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/standing-orders": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller's standing orders, newest first. */
        get: {
            parameters: {
                query?: {
                    /** @description Cursor of an earlier page. */
                    cursor?: string | null;
                    /** @description 1 to 200, default 50. */
                    limit?: number | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StandingOrderPage"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        /** Orders payments that the bank makes by itself: a signed `standing_order.place`. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/standing-orders/{order}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One of the caller's standing orders, with its days. */
        get: {
            parameters: {
                query?: {
                    /** @description Cursor of an earlier page. */
                    cursor?: string | null;
                    /** @description 1 to 200, default 50. */
                    limit?: number | null;
                };
                header?: never;
                path: {
                    order: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["StandingOrderDays"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/standing-orders/end": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Ends a standing order: a signed `standing_order.end` of its owner. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/templates": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** The caller's templates, by name. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TemplatePage"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        /** Saves a payment. Nothing moves, and nothing is signed. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["TemplateRequest"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TemplateSaved"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/templates/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Changes one of the caller's templates: what is left out is taken out. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["TemplateRequest"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TemplateSaved"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        /** Deletes one of the caller's templates. */
        delete: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/transactions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One transfer, refused ones included, with its receipt for whoever signed it. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TransferView"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/transactions/batch": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** 1 to 1,000 payments under one signature: a signed `transfer.batch`, atomic or not. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt with a code per item */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/transactions/exchange": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sells one asset for another at the bank's rate, between accounts of one's own: a signed `transfer.exchange`. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Refused; carries the receipt */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Another rate is in force now, which the problem says */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Refused; carries the receipt */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/transactions/exchange/preview": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What a sum comes to in another asset at the present rate: signs and moves nothing. */
        get: {
            parameters: {
                query: {
                    /** @description For which other asset. */
                    buy_asset: string;
                    /** @description How much is sold, in minor units. */
                    sell_amount: string;
                    /** @description Of which asset. */
                    sell_asset: string;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ExchangePreview"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description The bank does not exchange these two assets */
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/transactions/history": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** What moved on the caller's accounts, newest first, by the day of posting or by value date. */
        get: {
            parameters: {
                query?: {
                    /** @description Of this account only. */
                    account?: string | null;
                    /** @description `posting`, which is the default, or `value`: by which of its two dates a movement is listed. */
                    by?: string | null;
                    /** @description Cursor of an earlier page by the same date. */
                    cursor?: string | null;
                    /** @description From this day on, UTC, such as `2026-03-01`. */
                    from?: string | null;
                    /** @description 1 to 500, default 50. */
                    limit?: number | null;
                    /** @description Up to this day. */
                    to?: string | null;
                };
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["TransferPage"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/transactions/reverse": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Gives a transfer back, or a part of it: a signed `transfer.reverse` of its payee, or of a manager for what the bank
         *     paid in.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/transactions/transfer": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** One payment under one signature: a signed `transfer`. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Refused; carries the receipt */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Same id, other bytes */
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description Refused; carries the receipt */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/{id}/profile": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** One's own profile; for staff anyone's. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path: {
                    id: string;
                };
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["ProfileView"];
                    };
                };
                404: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/enrol": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Enrols a device: `{"signed": <a user.enrol>, "registration_token": <base64url>, "sealed_device_key": <base64url>}`.
         *     Answers the receipt and the certificate with its path.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": string;
                };
            };
            responses: {
                /** @description Receipt and certificate */
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                409: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/login": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Signs in with a password. Whatever is wrong with e-mail or password, the answer and its time are the same. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["LoginRequest"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["SignedInView"];
                    };
                };
                /** @description credentials-refused */
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description second-factor-refused */
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/password": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Sets the caller's password, or changes it. Ends their other sessions without a certificate. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["PasswordRequest"];
                };
            };
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                401: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                403: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description password-unfit */
                422: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/recovery": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Asks for a recovery. The answer is the same whether or not the address is known; a manager must sign before anything
         *     changes.
         */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["RecoveryRequest"];
                };
            };
            responses: {
                202: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RecoveryAnswer"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/recovery/status": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Asks whether a manager has signed. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["OutcomeRequest"];
                };
            };
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["OutcomeAnswer"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api/users/register": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /** Registers a customer. Where the address is taken the answer looks the same, and its token enrols nobody. */
        post: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody: {
                content: {
                    "application/json": components["schemas"]["RegisterRequest"];
                };
            };
            responses: {
                201: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["RegisterAnswer"];
                    };
                };
                400: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** State of the server, always with status 200. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Health"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/live": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether the process answers. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                204: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** Whether requests can be served now. */
        get: {
            parameters: {
                query?: never;
                header?: never;
                path?: never;
                cookie?: never;
            };
            requestBody?: never;
            responses: {
                200: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Health"];
                    };
                };
                /** @description rate-limited: come back after `Retry-After` seconds */
                429: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content?: never;
                };
                503: {
                    headers: {
                        [name: string]: unknown;
                    };
                    content: {
                        "application/json": components["schemas"]["Health"];
                    };
                };
            };
        };
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A page of accounts. */
        AccountPage: {
            items: components["schemas"]["AccountView"][];
            /** @description Cursor of the next page; absent on the last. */
            next?: string | null;
        };
        /** @description An account. Amounts are minor units in decimal strings. */
        AccountView: {
            asset: string;
            available: string;
            balance: string;
            closed: boolean;
            credits_pending: string;
            credits_posted: string;
            debits_pending: string;
            debits_posted: string;
            floor?: string | null;
            freeze_credit: boolean;
            freeze_debit: boolean;
            id: string;
            kind: string;
            number: string;
            opened_at: string;
            owner?: string | null;
            /** Format: int32 */
            scale: number;
        };
        /** @description Something that a person should do soon. */
        AlertView: {
            /** @description Whose key is to be replaced. */
            certificate: string;
            /** @description `rotation-due`. */
            code: string;
            /**
             * Format: int32
             * @description Which reminder it is: so many days ahead.
             */
            days_ahead: number;
            /** @description From when on the key can only be replaced. */
            required_at: string;
            since: string;
        };
        /** @description A payment that waits or waited, with what the risk engine said of it. */
        ApprovalDetails: components["schemas"]["ApprovalView"] & {
            risk?: components["schemas"]["RiskView"] | null;
        };
        /** @description A page of payments that wait or waited. */
        ApprovalPage: {
            items: components["schemas"]["ApprovalView"][];
            /** @description Cursor of the next page; absent on the last. */
            next?: string | null;
        };
        /** @description A payment that waits, or waited, for a person. Amounts are minor units in decimal strings. */
        ApprovalView: {
            amount: string;
            /** @description How many people must approve it: 1 or 2. */
            approvers: string;
            asset: string;
            /** @description `amount` or `risk`. */
            cause: string;
            decided_at?: string | null;
            decided_by?: string | null;
            escalated: boolean;
            expires_at: string;
            first_approver?: string | null;
            maker: string;
            /** @description The intent that asked for it. */
            payment: string;
            placed_at: string;
            reason?: string | null;
            /** @description `waiting`, `approved`, `rejected` or `expired`. */
            status: string;
            transfers: string;
        };
        /** @description Issuing authorities, the newest generation first. */
        AuthorityPage: {
            items: components["schemas"]["AuthorityView"][];
        };
        /** @description An issuing authority. */
        AuthorityView: {
            active_from?: string | null;
            active_until?: string | null;
            approved_by?: string | null;
            /** @description SHA3-256 of its certificate. */
            authority: string;
            /** @description Its certificate by the root, PEM. */
            certificate: string;
            /** @description Its certificate by its predecessor, base64url of DER. */
            cross_certificate?: string | null;
            /** @description Until when a proposal waits. */
            expires_at?: string | null;
            /** @description Counts from 1, the one of the founding. */
            generation: string;
            /** @description Whether the server that answers holds its key. */
            key_is_held: boolean;
            not_after: string;
            not_before: string;
            overlap_days?: string | null;
            proposed_by?: string | null;
            /** @description From when on nothing that it issued is accepted. */
            retires_at?: string | null;
            /** @description `proposed`, `active`, `retiring` or `retired`. */
            status: string;
        };
        /** @description Where an account stood. Amounts are minor units in decimal strings. */
        BalanceView: {
            account: string;
            asset: string;
            /** @description The instant; absent where a value date was asked for. */
            at?: string | null;
            balance: string;
            /** @description How many entries it had at the instant. */
            entries?: string | null;
            /** Format: int32 */
            scale: number;
            /** @description The value date that was asked for. */
            value_on?: string | null;
        };
        /** @description What decided. */
        Because: {
            /** @description Whether everybody has it. */
            basic: boolean;
            /** @description The custom roles that narrow the person. */
            grants: components["schemas"]["GrantView"][];
            role: string;
            /** @description Whether the built-in role holds the permission. */
            role_holds: boolean;
            /** @description The leaf of the enrolment that gave the person their role; staff who have not enrolled have none. */
            role_leaf?: string | null;
        };
        /** @description A ceremony that has begun. */
        BegunView: {
            /** @description To be named when it is finished, within a minute. */
            ceremony: string;
            /** @description What `navigator.credentials` takes, in the JSON form of the standard. */
            options: Record<string, never>;
        };
        /** @description A page of payees. */
        BeneficiaryPage: {
            items: components["schemas"]["BeneficiaryView"][];
            /** @description Cursor of the next page; absent on the last. */
            next?: string | null;
        };
        /** @description A payee that the caller keeps. Amounts are minor units in decimal strings. */
        BeneficiaryView: {
            account: string;
            added_at: string;
            asset: string;
            /** @description Since when the entry counts for the limit of new payees; absent where it does not. */
            counts_since?: string | null;
            last_paid_at?: string | null;
            memo?: string | null;
            /** @description As the caller wrote it; absent once it was erased. */
            name?: string | null;
            /** @description What the bank said of the name: `match`, `close` or `none`. */
            name_match: string;
            /** @description Its number, with check digits. */
            number: string;
            /** @description How often it was paid, from all accounts of the caller. */
            payments: string;
            /** @description `active` or `disabled`. */
            status: string;
            total: string;
        };
        /** @description A bundle that opens only on the device it is for. */
        BundleView: {
            certificate: string;
            device_id: string;
            kem: string;
            /**
             * @description Base64url: a JSON object of `certificate`, `issuing`, `root` (PEM) and `crl` (base64url of DER), sealed to the KEM
             *     key of the device under the purpose `certificate-bundle` and SHA-256 of the certificate's hash.
             */
            sealed: string;
            suite: string;
        };
        /** @description Who the bank takes this session for. */
        CallerView: {
            /**
             * Format: int32
             * @description 1 to 3.
             */
            aal: number;
            /** @description What the session was opened by, or stepped up with. */
            assurance: string;
            /** @description When the holder last proved who they are. */
            authenticated_at: string;
            /** @description At level 3. */
            certificate?: string | null;
            device_id?: string | null;
            /** @description Epoch of authority under which all this was examined. */
            epoch: string;
            role: string;
            session_id: string;
            user_id: string;
        };
        /** @description A page of certificates. */
        CertificatePage: {
            items: components["schemas"]["StatusView"][];
            /** @description Cursor of the next page; absent on the last. */
            next?: string | null;
        };
        /** @description What the device signs within a minute, once. */
        ChallengeAnswer: {
            /** @description The nonce in base64url. */
            challenge_token: string;
            /** @description End of the challenge. */
            expires_at: string;
            /** @description The nonce in hex, as the intent carries it. */
            nonce: string;
        };
        /** @description Who wants to sign in, from where. */
        ChallengeRequest: {
            /** @description SHA3-256 of the certificate's DER, 64 hex digits. */
            certificate: string;
            /** @description The device, 64 hex digits. */
            device_id: string;
        };
        /** @description Whether, and why. */
        CheckAnswer: {
            /** @description `open`, `self`, `own`, `needs` or `signs`; absent where a permission was asked for. */
            access?: string | null;
            allowed: boolean;
            /** @description The level of session that the route asks of the person; of a permission, the lowest at which a route asks for it. */
            assurance?: string | null;
            because: components["schemas"]["Because"];
            /** @description The permission that decides; absent where a session is enough, or not even that is asked. */
            permission?: string | null;
            user_id: string;
            /** @description One sentence for a person. */
            why: string;
        };
        /** @description What is asked: a permission, or a method and a path. */
        CheckRequest: {
            /** @description HTTP method, upper case. */
            method?: string | null;
            /** @description A path of this server, with or without values for its parameters. */
            path?: string | null;
            /** @description Name of a permission. */
            permission?: string | null;
            /** @description About whom; by default the caller. Others take `users:read`. */
            user_id?: string | null;
        };
        /** @description A code of the authenticator. */
        CodeRequest: {
            code: components["schemas"]["SecretText"];
        };
        /** @description New recovery codes. Shown once. */
        CodesAnswer: {
            recovery_codes: string[];
        };
        /** @description The transport of one request. */
        ConnectionInfo: {
            /** @description Cipher suite, by its IANA name. */
            cipher?: string | null;
            /** @description Key exchange group, by its IANA name. */
            group?: string | null;
            /** @description `TLS 1.3`, or `plain`. */
            protocol: string;
            /** @description Whether the key exchange resists a quantum computer. */
            quantum_safe: boolean;
        };
        /** @description Custom roles. */
        CustomRolePage: {
            items: components["schemas"]["CustomRoleView"][];
        };
        /** @description A custom role with those who hold it. */
        CustomRoleView: components["schemas"]["RoleView"] & {
            changed_at: string;
            changed_by: string;
            /** @description Who holds it. */
            holders: string[];
        };
        /** @description A page of closed days. */
        DayPage: {
            items: components["schemas"]["DayView"][];
            /** @description Cursor of the next page; absent on the last. */
            next?: string | null;
        };
        /** @description A day that is closed. */
        DayView: {
            assets: components["schemas"]["TrialView"][];
            /** @description Whether debits and credits agree in every asset. */
            balanced: boolean;
            /** @description The day, UTC. */
            day: string;
            /** @description The leaf that closed it. */
            leaf: string;
            /** @description Number of leaves of the log of which the sums are. */
            size: string;
        };
        /** @description A certificate with everything in it. */
        DetailsView: components["schemas"]["StatusView"] & {
            /** @description The certificate, PEM. */
            pem: string;
            /** @description The certificate in words: sizes, validity, the seven controls. */
            text: string;
        };
        /** @description Devices. */
        DeviceList: {
            items: components["schemas"]["DeviceView"][];
        };
        /** @description A device. */
        DeviceView: {
            /** @description The newest certificate on it. */
            certificate?: string | null;
            device_id: string;
            enrolled_at: string;
            /** @description Whether this very request came from it. */
            is_this_one: boolean;
            last_used_at?: string | null;
            name?: string | null;
            not_after?: string | null;
            /** @description `active` or `revoked`. */
            status: string;
        };
        /** @description Two entries under one reference that are not the same. */
        DifferentView: {
            /** @description `amount`, `currency`, `booking_date`. */
            fields: string[];
            ours: components["schemas"]["EntryView"];
            theirs: components["schemas"]["EntryView"];
        };
        /** @description What would become of an intent. */
        DryRun: {
            /** @description `ok`, `held`, or why it would be refused. */
            code: string;
            /** @description Always true: nothing was written, and there is no receipt. */
            dry_run: boolean;
            /** @description The effects as a receipt would have them. */
            effects: Record<string, never>;
            /** @description `accepted` or `refused`. */
            outcome: string;
            /** @description Always false: the bank has put its name to nothing. */
            signed: boolean;
            /** @description Why, for a person; absent where it would be accepted. */
            title?: string | null;
        };
        /** @description How many sessions ended. */
        Ended: {
            ended: number;
        };
        /** @description Leaves, 170 bytes each in base64url: commitments without what they open to. */
        Entries: {
            first: string;
            leaves: string[];
        };
        /** @description One entry of either side. Amounts are minor units in decimal strings; below zero is a debit. */
        EntryView: {
            amount: string;
            booking_date: string;
            currency: string;
            /** @description Of ours its number on the account, of theirs its line. */
            place: string;
            references: string[];
        };
        /** @description What is to be signed as `transfer.exchange`, as long as the rate stays. Amounts are minor units in decimal strings. */
        ExchangePreview: {
            /** @description Rounded down to a minor unit; nothing is exchanged for nothing. */
            buy_amount: string;
            buy_asset: string;
            /**
             * Format: int32
             * @description Decimals of the asset bought.
             */
            buy_scale: number;
            /** @description Such as `EUR/USD`. */
            pair: string;
            /** @description Whole units of the pair's second asset for one of its first. */
            rate: string;
            sell_amount: string;
            sell_asset: string;
        };
        /** @description A second factor: one of the two. */
        FactorRequest: {
            code?: components["schemas"]["SecretText"] | null;
            recovery_code?: components["schemas"]["SecretText"] | null;
        };
        /** @description What the caller has to sign in with, beside certificates. */
        FactorsView: {
            /** Format: int64 */
            passkeys: number;
            password: boolean;
            /**
             * Format: int64
             * @description Recovery codes that were not used.
             */
            recovery_codes: number;
            totp: boolean;
        };
        /**
         * @description What a file says and what would be signed. Amounts are decimal strings: of items as the file writes them, of totals in
         *     minor units.
         */
        FilePreview: {
            /** @description SHA3-256 of the file. */
            file: string;
            items: components["schemas"]["ItemPreview"][];
            message_id: string;
            message_name: string;
            totals: components["schemas"]["TotalView"][];
        };
        /** @description What became of a file. */
        FileStatus: {
            intent_id: string;
            items: components["schemas"]["ItemStatusView"][];
            message_id: string;
        };
        /** @description A custom role in force for a person. */
        GrantView: {
            active: boolean;
            granted_at: string;
            /** @description Whether it leaves the permission. */
            holds: boolean;
            /** @description The leaf that granted it. */
            leaf: string;
            role: string;
        };
        /** @description State of the server. */
        Health: {
            /** @description Whether the database answers. */
            database: boolean;
            /**
             * @description Who counts requests: `local`, each process for itself; `shared`, all together in Redis; `fallback`, each for itself
             *     because Redis does not answer. Requests are served in all three.
             */
            rate_limits: string;
            /** @description `ok`, or `unavailable` when a request would fail now. */
            status: string;
            /** @description Version of the server. */
            version: string;
        };
        /** @description A page of holds. */
        HoldPage: {
            items: components["schemas"]["HoldView"][];
            /** @description Cursor of the next page; absent on the last. */
            next?: string | null;
        };
        /** @description Money kept aside. Amounts are minor units in decimal strings. */
        HoldView: {
            amount: string;
            asset: string;
            captured: string;
            credit: string;
            debit: string;
            expires_at: string;
            /** @description A payment waits for a person of the bank; otherwise the payee takes it. */
            for_approval: boolean;
            hold: string;
            /** @description `held`, `captured`, `voided` or `expired`. */
            state: string;
        };
        /** @description Invitations. */
        InvitationList: {
            items: components["schemas"]["InvitationView"][];
        };
        /** @description An invitation. */
        InvitationView: {
            approved_by?: string | null;
            email: string;
            expires_at: string;
            invited_at: string;
            invited_by: string;
            name: string;
            role: string;
            /** @description `waiting-for-approval`, `open`, `redeemed` or `expired`. */
            status: string;
            user_id: string;
        };
        /** @description Rules about addresses. */
        IpRulePage: {
            items: components["schemas"]["IpRuleView"][];
        };
        /** @description A rule about addresses. */
        IpRuleView: {
            /** @description `allow`, `deny`, or `none`: it has ended. */
            action: string;
            changed_at: string;
            changed_by: string;
            /** @description CIDR, in one spelling. */
            network: string;
            rule: string;
            /** @description `role:<name>` or `user:<id>`. */
            subject: string;
        };
        /** @description One item. */
        ItemPreview: {
            amount: string;
            asset: string;
            /** @description Account that would be credited. */
            credit?: string | null;
            creditor: string;
            creditor_name?: string | null;
            /** @description Account that would be debited; absent of what cannot be paid. */
            debit?: string | null;
            debtor: string;
            end_to_end_id: string;
            line: number;
            /** @description Why it cannot be paid, in the codes of ISO 20022. */
            reason?: string | null;
            text?: string | null;
        };
        /** @description What became of one item. */
        ItemStatusView: {
            end_to_end_id: string;
            reason?: string | null;
            /** @description `settled`, `accepted`, `pending` or `rejected`. */
            status: string;
            text?: string | null;
            transfer?: string | null;
        };
        /** @description A page of statements. */
        KeptPage: {
            items: components["schemas"]["KeptView"][];
            /** @description Cursor of the next page; absent on the last. */
            next?: string | null;
        };
        /** @description A statement that the bank made by itself. */
        KeptView: {
            account: string;
            from: string;
            made_at: string;
            /** @description SHA-256 of its JSON form, signature included. */
            sha256: string;
            statement: string;
            to: string;
        };
        /** @description A person's keys. */
        KeyHistory: {
            items: components["schemas"]["StatusView"][];
        };
        /** @description Where private keys are. */
        KeyPlaces: {
            /**
             * @description The key that issues certificates and revocation lists: `token`, where half of it never leaves a PKCS#11 token, or
             *     `file`.
             */
            issuing: string;
            /** @description Keys of the log, of sessions and of stored secrets: `file`, sealed under the operator's passphrase. */
            other: string;
        };
        /** @description A person's key in use. */
        KeyView: components["schemas"]["StatusView"] & {
            /**
             * Format: int64
             * @description Whole days since the key began.
             */
            age_days: number;
            /**
             * Format: int64
             * @description Whole days until its certificate ends.
             */
            days_left: number;
            kem: string;
            rotation_due: boolean;
            /** @description When the holder should replace it. */
            rotation_due_at: string;
            rotation_required: boolean;
            /** @description From when on it can only be replaced. */
            rotation_required_at: string;
            signature_algorithm: string;
            suite: string;
        };
        /** @description How long something took, in microseconds, estimated within the buckets that are counted. */
        Latency: {
            /**
             * Format: int64
             * @description How many were measured.
             */
            count: number;
            /**
             * Format: int64
             * @description Half of them took no longer.
             */
            p50_us: number;
            /**
             * Format: int64
             * @description 95 of 100 took no longer.
             */
            p95_us: number;
            /**
             * Format: int64
             * @description 99 of 100 took no longer.
             */
            p99_us: number;
        };
        /** @description Who signs in, with what. */
        LoginRequest: {
            code?: components["schemas"]["SecretText"] | null;
            email: string;
            /** @description A KEM key of the bank's suite, made for this request; base64url. */
            kem_public_key: string;
            password: components["schemas"]["SecretText"];
            recovery_code?: components["schemas"]["SecretText"] | null;
            trusted_device?: components["schemas"]["SecretText"] | null;
        };
        /** @description The end of the log. */
        LogNow: {
            /** @description When its newest checkpoint was signed, RFC 3339 UTC. */
            checkpoint_signed_at?: string | null;
            /** @description How many leaves it has. */
            size: string;
        };
        /** @description Entries that are the same. */
        MatchView: {
            ours: components["schemas"]["EntryView"][];
            /** @description `reference`, `reference_sum` or `amount`. */
            rule: string;
            same_day: boolean;
            theirs: components["schemas"]["EntryView"][];
        };
        /** @description What the bank says of a payee's name. */
        NameAnswer: {
            account: string;
            asset: string;
            /** @description The registered name; absent where the answer is `none`. */
            name?: string | null;
            /** @description `match`, `close` or `none`: what the signed intent must say. */
            name_match: string;
        };
        /** @description Whose name is to be compared. */
        NameQuestion: {
            /** @description The name as the payer knows it. */
            name: string;
            /** @description Number of the payee's account. */
            number: string;
        };
        /** @description What the caller may use, by area. */
        Navigation: {
            areas: {
                [key: string]: components["schemas"]["RouteView"][];
            };
        };
        /** @description Where a request stands. */
        OutcomeAnswer: {
            /** @description `waiting` or `approved`. */
            status: string;
            /** @description Who may enrol now, once approved. */
            user_id?: string | null;
        };
        /** @description Which request, by its token. */
        OutcomeRequest: {
            /** @description The one-time token, base64url. */
            registration_token: string;
            request_id: string;
        };
        /** @description A pairing that waits. */
        PairingAnswer: {
            expires_at: string;
            /** @description Six digits; the approving device must show the same. */
            match_number: string;
            pairing_id: string;
            /** @description For a QR code. */
            payload: string;
        };
        /** @description What a new device says of itself. Keys and token stay with it. */
        PairingRequest: {
            /** @description SHA3-256 of its certificate request (DER), 64 hex digits. */
            csr_sha3: string;
            /** @description Its identity, 64 hex digits. */
            device_id: string;
            /** @description What to call it, 1 to 60 characters. */
            name: string;
            /** @description SHA3-256 of a one-time token of 32 random bytes, 64 hex digits. */
            registration: string;
            /** @description Whose device it is to be. */
            user_id: string;
        };
        /** @description A pairing as the approving device sees it. */
        PairingView: {
            approved: boolean;
            created_at: string;
            csr_sha3: string;
            device_id: string;
            expires_at: string;
            ip: string;
            /** @description Compare it with what the new device shows. */
            match_number: string;
            name: string;
            pairing_id: string;
            registration: string;
            user_id: string;
        };
        /** @description Passkeys. */
        PasskeyPage: {
            items: components["schemas"]["PasskeyView"][];
        };
        /** @description A passkey. */
        PasskeyView: {
            created_at: string;
            /** @description Base64url, as the authenticator chose it. */
            id: string;
            name: string;
            used_at?: string | null;
        };
        /** @description A new password. */
        PasswordRequest: {
            current?: components["schemas"]["SecretText"] | null;
            /** @description 12 to 256 characters. */
            password: components["schemas"]["SecretText"];
        };
        /** @description A page of people. */
        PeopleView: {
            items: components["schemas"]["PersonView"][];
            /** @description Cursor of the next page; absent on the last. */
            next?: string | null;
        };
        /** @description Permissions. */
        PermissionPage: {
            items: components["schemas"]["PermissionView"][];
            role: string;
        };
        /** @description A permission. */
        PermissionView: {
            /** @description Whether the caller has it now. */
            held: boolean;
            name: string;
        };
        /** @description A person. */
        PersonView: {
            email: string;
            locked: boolean;
            name: string;
            registered_at: string;
            role: string;
            /** @description Custom roles that narrow them. */
            roles: string[];
            status: string;
            user_id: string;
        };
        /** @description What is in force, and what was ever proposed. */
        PolicyPage: {
            in_force: components["schemas"]["PolicyView"][];
            proposals: components["schemas"]["ProposalView"][];
        };
        /** @description A policy that is in force. */
        PolicyView: {
            /** @description `limits`, `approvals`, `risk`, `interest`, `fees`, `rates` or `calendar`. */
            policy: string;
            /** @description The intent that proposed it; absent where the bank was founded with it. */
            proposal?: string | null;
            /** @description `bank`, `role:<name>`, `user:<id>`, `account:<id>`, `asset:<code>` or `pair:<base>/<quote>`. */
            scope: string;
            since: string;
            /** @description What it says: an object of strings as text. */
            value: string;
        };
        /** @description A person. */
        ProfileView: {
            /** @description What the person should do soon. */
            alerts: components["schemas"]["AlertView"][];
            email: string;
            name: string;
            registered_at: string;
            role: string;
            /** @description `registered`, `active` or `locked`. */
            status: string;
            user_id: string;
        };
        /** @description A proof: hashes in base64url, deepest first. */
        Proof: {
            path: string[];
            root: string;
            size: string;
        };
        /** @description A proposal of a policy. */
        ProposalView: {
            decided_at?: string | null;
            decided_by?: string | null;
            policy: string;
            proposal: string;
            proposed_at: string;
            proposed_by: string;
            scope: string;
            /** @description `proposed`, `approved` or `refused`. */
            status: string;
            value: string;
        };
        /** @description Pairs that the bank exchanges. */
        RateList: {
            items: components["schemas"]["RateView"][];
        };
        /** @description What the bank pays and asks for a whole unit of the base, in whole units of the quote: decimals with at most 8 places. */
        RateView: {
            base: string;
            /** @description For whoever sells the base. */
            buy: string;
            quote: string;
            /** @description For whoever buys it. */
            sell: string;
            since: string;
        };
        /** @description How the holder of this session may prove again who they are. */
        RechallengeAnswer: {
            challenge?: components["schemas"]["ChallengeAnswer"] | null;
            /** @description Of `certificate`, `password`, `totp`, `recovery_code`, `passkey`. */
            methods: string[];
        };
        /** @description What a reconciliation finds. */
        ReconciliationView: {
            /** @description Whether their opening balance and entries come to their closing balance; absent where they do not say. */
            adds_up?: boolean | null;
            different: components["schemas"]["DifferentView"][];
            matched: components["schemas"]["MatchView"][];
            /** @description Theirs and not ours. */
            missing_here: components["schemas"]["EntryView"][];
            /** @description Ours and not theirs. */
            missing_there: components["schemas"]["EntryView"][];
            /** @description How many of theirs were left out because they are not booked. */
            not_booked: number;
        };
        /** @description A request that waits for a manager. */
        RecoveryAnswer: {
            expires_at: string;
            /** @description Six digits to tell the manager. */
            match_number: string;
            request_id: string;
        };
        /** @description Requests for recoveries. */
        RecoveryList: {
            items: components["schemas"]["RecoveryView"][];
        };
        /** @description Who lost every device and asks to enrol anew. */
        RecoveryRequest: {
            /** @description A recovery code; asked of whoever has an authenticator. */
            code?: string | null;
            /** @description The registered address. */
            email: string;
            /** @description SHA3-256 of a new one-time token of 32 random bytes, 64 hex digits. The token itself stays with the device. */
            registration: string;
        };
        /** @description A request for a recovery. */
        RecoveryView: {
            expires_at: string;
            ip: string;
            /** @description Compare it with what the person says. */
            match_number: string;
            /** @description Whether the person showed a recovery code; without, the registered address is all that was shown. */
            proved_by_code: boolean;
            /** @description What a `user.recover` must name. */
            registration: string;
            request_id: string;
            requested_at: string;
            user_id: string;
        };
        /** @description The next tokens of a session. */
        RefreshAnswer: {
            /** @description End of the bearer token. */
            expires_at: string;
            refresh_token: string;
            token: string;
        };
        /** @description A refresh token. */
        RefreshRequest: {
            /** @description The newest one of its session. */
            refresh_token: string;
        };
        /** @description What an enrolment needs. */
        RegisterAnswer: {
            /** @description Until when. */
            expires_at: string;
            /** @description Good once; base64url of 32 bytes. */
            registration_token: string;
            user_id: string;
        };
        /** @description Who wants to become a customer. */
        RegisterRequest: {
            /** @description One account each. */
            email: string;
            /** @description 1 to 120 characters. */
            name: string;
        };
        /** @description What to call a device. */
        RenameRequest: {
            device_id: string;
            /** @description 1 to 60 characters. */
            name: string;
        };
        /** @description From where on. */
        ReplayRequest: {
            /** @description Tell again what came after this leaf; absent: go on where the deliveries are. */
            after?: string | null;
        };
        /** @description What a payer learns of a payee's account number. */
        Resolved: {
            asset: string;
            id: string;
        };
        /** @description The level of this session after its holder has proved who they are. */
        ReverifyAnswer: {
            /** Format: int32 */
            aal: number;
            assurance: string;
            authenticated_at: string;
        };
        /** @description Where a certificate stands now, with the signed list that says so. */
        RevocationView: components["schemas"]["StatusView"] & {
            crl_number: string;
            /** @description Whether the revocation list of that number names it: the signed form of this answer, at `/api/certificates/crl`. */
            listed: boolean;
            next_update: string;
            /** @description `good`, `revoked`, `superseded` or `expired`. An unknown one is not found. */
            state: string;
            this_update: string;
        };
        /** @description One rule that hit. */
        RiskReason: {
            /** @description The rule's stable name. */
            rule: string;
            /** @description A sentence with the values that made it hit. */
            sentence: string;
            /**
             * Format: int32
             * @description What it adds to the score by itself, in thousandths.
             */
            weight_permille: number;
        };
        /** @description A verdict of the risk engine. */
        RiskView: {
            /** @description `proceed`, `monitor`, `review` or `block`. */
            action: string;
            /** @description `low`, `medium`, `high` or `critical`. */
            level: string;
            /**
             * Format: int32
             * @description Version of the policy that judged.
             */
            policy: number;
            /** @description Why, weightiest first. */
            reasons: components["schemas"]["RiskReason"][];
            /**
             * Format: int32
             * @description 0 (nothing unusual) to 1000 (certain).
             */
            score_permille: number;
        };
        /** @description Roles. */
        RolePage: {
            items: components["schemas"]["RoleView"][];
        };
        /** @description A role. */
        RoleView: {
            /** @description Whether it may be granted and gives anything. */
            active: boolean;
            base: string;
            /** @description Whether certificates are made for it; otherwise it narrows `base`. */
            built_in: boolean;
            name: string;
            permissions: string[];
        };
        /** @description Age of keys and lists. */
        Rotation: {
            /** @description When it stops being believed. */
            crl_next_update: string;
            /** @description Number of the revocation list in use. */
            crl_number: string;
            /** @description When it was made. */
            crl_this_update: string;
            /** @description End of the issuing certificate. */
            issuing_not_after: string;
            /** @description Start of the issuing certificate, RFC 3339 UTC. */
            issuing_not_before: string;
            /** @description End of the root certificate. */
            root_not_after: string;
        };
        /** @description A route that the caller may use. */
        RouteView: {
            method: string;
            path: string;
        };
        /** @description One second of the bank, as one process has counted it: differences to the second before, and a few states. */
        Sample: {
            /** @description Requests answered, by class of status: `2xx`. */
            answers: {
                [key: string]: number;
            };
            /** @description When it was taken, RFC 3339 UTC. */
            at: string;
            /**
             * Format: int64
             * @description Group commits that failed.
             */
            commit_failures: number;
            /** @description How long group commits took. */
            commit_latency: components["schemas"]["Latency"];
            /** @description Intents decided, by outcome: `ok`, `held`, or why they were refused. */
            decided: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Requests in work now.
             */
            in_work: number;
            /** @description The same by kind. */
            kinds: {
                [key: string]: number;
            };
            log?: components["schemas"]["LogNow"] | null;
            /** @description Requests over their budget, by class. */
            rate_limited: {
                [key: string]: number;
            };
            /** @description How long their answers took. */
            request_latency: components["schemas"]["Latency"];
            /** @description Risk verdicts, by what they asked for: `proceed`, `monitor`, `review`, `block`. */
            risk: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description Keys whose first reminder has come and that were not replaced yet.
             */
            rotations_due: number;
            /** @description Locks that began after failed sign-ins, by whose. */
            sign_in_locks: {
                [key: string]: number;
            };
            /** @description Sessions opened, by whether their holder was known there: `first`, `known`, `new`. */
            sign_ins: {
                [key: string]: number;
            };
            /** @description Sign-ins refused, by what was wrong. */
            sign_ins_refused: {
                [key: string]: number;
            };
            /**
             * Format: int64
             * @description How many milliseconds it covers.
             */
            span_ms: number;
            /**
             * Format: int64
             * @description Streams of events that are open.
             */
            streams: number;
            /** @description TLS handshakes, by key exchange group. */
            tls: {
                [key: string]: number;
            };
            /** @description TLS handshakes since the process started, by key exchange group. */
            tls_since_start: {
                [key: string]: number;
            };
            /**
             * @description Version of this form; new members do not change it.
             * @example 1
             */
            v: string;
            /**
             * Format: int64
             * @description Endpoints of webhooks that are paused after lasting failure.
             */
            webhooks_paused: number;
        };
        /** @description A text that is wiped when it is dropped, and never printed. */
        SecretText: string;
        /** @description The security report. */
        SecurityInfo: {
            /** @description Suite of root and issuing authority. */
            authority_suite: string;
            /** @description Identifier of the bank, signed into everything. */
            bank: string;
            /** @description What devices seal their device key to, base64url. */
            bank_kem_public_key: string;
            /** @description The newest signed checkpoint, as a C2SP signed note. */
            checkpoint?: string | null;
            /** @description When it was signed, RFC 3339 UTC. */
            checkpoint_signed_at?: string | null;
            /** @description The connection of this very request. */
            connection: components["schemas"]["ConnectionInfo"];
            /** @description Where private keys are. */
            keys: components["schemas"]["KeyPlaces"];
            /** @description Its name for people. */
            name: string;
            /** @description Cryptographic library and its version; its known answers were checked at start. */
            provider: string;
            /** @description Age of keys and lists. */
            rotation: components["schemas"]["Rotation"];
            /** @description Suite of every key of this bank but those of its authorities. */
            suite: string;
            /** @description All suites that this server verifies; there is no fallback between them. */
            suites: components["schemas"]["SuiteInfo"][];
            /** @description The trust file: keys of the log and the root certificate. */
            trust: components["schemas"]["TrustText"];
        };
        /** @description The next key of a session. */
        SessionKeyAnswer: {
            /** @description End of the bearer token. */
            expires_at: string;
            /** @description The new bootstrap secret, sealed to the KEM key. */
            sealed_secret: string;
            /** @description A bearer token that names the new key. */
            token: string;
        };
        /** @description Who gets the next key of a session. */
        SessionKeyRequest: {
            /** @description A KEM key of the bank's suite in base64url, made for this request. */
            kem_public_key: string;
        };
        /** @description Open sessions. */
        SessionPage: {
            items: components["schemas"]["SessionView"][];
        };
        /** @description A session. */
        SessionView: {
            /**
             * Format: int32
             * @description 1 to 3.
             */
            aal: number;
            /** @description What it was opened by, or stepped up with. */
            assurance: string;
            certificate?: string | null;
            created_at: string;
            /** @description Whether it is the one that asks. */
            current: boolean;
            device_id?: string | null;
            expires_at: string;
            ip: string;
            /** @description Where it was opened: `known`, its holder had signed in there before; `new`, elsewhere only; `first`, nowhere. */
            place: string;
            refreshed_at: string;
            session_id: string;
            user_agent: string;
        };
        /** @description What an authenticator app must be told. Shown once. */
        SetupAnswer: {
            /** @description The URI as a QR code, SVG. */
            qr_svg: string;
            /** @description Base32, to be typed. */
            secret: string;
            /** @description `otpauth://totp/…` */
            uri: string;
        };
        /** @description A session without a certificate. */
        SignedInView: {
            /**
             * Format: int32
             * @description 1 or 2.
             */
            aal: number;
            /** @description What it was opened by. */
            assurance: string;
            /** @description What it can be stepped up with: of `totp`, `recovery_code`, `passkey`. Empty at aal2. */
            second_factor: string[];
            /** @description Tokens, and the bootstrap secret sealed to the KEM key of the request. */
            session: Record<string, never>;
            session_id: string;
            user_id: string;
        };
        /** @description A standing order with its days, newest first. */
        StandingOrderDays: components["schemas"]["StandingOrderView"] & {
            /** @description Cursor of the next page of days; absent on the last. */
            next?: string | null;
            runs: components["schemas"]["StandingOrderRunView"][];
        };
        /** @description A page of standing orders, newest first. */
        StandingOrderPage: {
            items: components["schemas"]["StandingOrderView"][];
            /** @description Cursor of the next page; absent on the last. */
            next?: string | null;
        };
        /** @description A day on which an order was due. */
        StandingOrderRunView: {
            attempts: string;
            /** @description `ok`, or why not. */
            code: string;
            due_day: string;
            /** @description From 0. */
            number: string;
            run_at: string;
            /** @description `paid`, `waiting` for its next attempt, `skipped` or `failed`. */
            status: string;
            /** @description The transfer that paid it. */
            transfer?: string | null;
        };
        /** @description A standing order. Amounts are minor units in decimal strings, days are those of UTC. */
        StandingOrderView: {
            amount: string;
            asset: string;
            /** @description `unadjusted`, `following`, `preceding` or `modified_following`. */
            business_day: string;
            /** @description How many days count at most. */
            count?: string | null;
            credit: string;
            debit: string;
            /** @description What the payer writes to the payee, by name; absent where nothing, or once it was erased. */
            details?: Record<string, never> | null;
            ended_at?: string | null;
            first: string;
            last?: string | null;
            /** @description When it is tried next. */
            next_at?: string | null;
            /** @description The day that comes next. */
            next_day?: string | null;
            order: string;
            placed_at: string;
            /** @description `once`, `weekly`, `monthly` or `end_of_month`. */
            rhythm: string;
            /** @description `skip` or `retry`. */
            short_of_funds: string;
            /** @description `active`, `ended` by its owner, `completed`, or `failed` because an account was closed. */
            status: string;
        };
        /** @description What a statement will say. Amounts are minor units in decimal strings. */
        StatementPreview: {
            account: string;
            asset: string;
            closing_balance: string;
            credits: string;
            debits: string;
            entries: string;
            from: string;
            holder: string;
            number: string;
            opening_balance: string;
            /** Format: int32 */
            scale: number;
            to: string;
        };
        /** @description Where a pairing stands. */
        StatusAnswer: {
            /** @description `waiting`, `approved` or `expired`. Once approved, the device enrols by `POST /api/users/enrol`. */
            status: string;
        };
        /** @description Which pairing, by its token. */
        StatusRequest: {
            pairing_id: string;
            /** @description The one-time token, base64url. */
            registration_token: string;
        };
        /** @description Where a certificate stands. */
        StatusView: {
            certificate: string;
            device_id: string;
            ended_at?: string | null;
            /** Format: int32 */
            generation: number;
            lineage: string;
            not_after: string;
            not_before: string;
            previous?: string | null;
            revocation_reason?: string | null;
            role: string;
            serial: string;
            /** @description `active`, `superseded` or `revoked`. */
            status: string;
            user_id: string;
        };
        /** @description The level of this session from now on. */
        SteppedUp: {
            /** Format: int32 */
            aal: number;
            assurance: string;
        };
        /** @description One suite. */
        SuiteInfo: {
            /** @description Its key encapsulation. */
            kem: string;
            /** @description Name of the suite. */
            name: string;
            /** @description Its composite signature. */
            signature: string;
            /** @description Object identifier of that signature. */
            signature_oid: string;
        };
        /** @description Templates. */
        TemplatePage: {
            items: components["schemas"]["TemplateView"][];
        };
        /** @description A payment that somebody saves. Amounts are minor units in decimal strings. */
        TemplateRequest: {
            amount?: string | null;
            asset: string;
            /** @description Account to pay to. */
            credit: string;
            /** @description Account to pay from. */
            debit?: string | null;
            memo?: string | null;
            /** @description What its owner calls it. */
            name: string;
        };
        /** @description The template that was saved. */
        TemplateSaved: {
            template: string;
        };
        /** @description A saved payment. */
        TemplateView: {
            amount?: string | null;
            asset: string;
            changed_at: string;
            created_at: string;
            credit: string;
            debit?: string | null;
            memo?: string | null;
            name: string;
            template: string;
        };
        /** @description What would be paid in one asset. */
        TotalView: {
            amount: string;
            asset: string;
            items: number;
        };
        /** @description A page of the trail. */
        TrailPageView: {
            items: components["schemas"]["TrailView"][];
            /** @description Cursor of the next page; absent on the last. */
            next?: string | null;
        };
        /** @description One leaf of the trail. */
        TrailView: {
            at: string;
            certificate?: string | null;
            code?: string | null;
            device_id?: string | null;
            /** @description Whether nobody signed it. */
            event: boolean;
            intent_id: string;
            kind: string;
            leaf: string;
            outcome: string;
            role?: string | null;
            user_id?: string | null;
        };
        /** @description A page of transfers. */
        TransferPage: {
            items: components["schemas"]["TransferView"][];
            /** @description Cursor of the next page; absent on the last. */
            next?: string | null;
        };
        /** @description A transfer. Amounts are minor units in decimal strings. */
        TransferView: {
            amount: string;
            asset: string;
            at: string;
            /** @description `ok`, or the code of its refusal. */
            code: string;
            credit: string;
            debit: string;
            /** @description Free text of the payer, if any was sent. */
            details?: Record<string, never> | null;
            id: string;
            intent_id: string;
            /** @description Of an exchange: the pair and its rate, such as `EUR/USD 1.0812`. */
            rate?: string | null;
            /** @description For whoever signed it. */
            receipt?: Record<string, never> | null;
            /** @description The day from which on it counts; absent where it changed no balance. */
            value_on?: string | null;
        };
        /** @description Everything posted in an asset so far, in minor units. */
        TrialView: {
            asset: string;
            credits: string;
            debits: string;
        };
        /** @description Trust. Its token is shown once. */
        TrustAnswer: {
            expires_at: string;
            id: string;
            /** @description To be sent as `trusted_device` with later sign-ins. */
            trusted_device: string;
        };
        /** @description Trusted browsers. */
        TrustPage: {
            items: components["schemas"]["TrustView"][];
        };
        /** @description How a browser is to be called. */
        TrustRequest: {
            /** @description 1 to 120 characters. */
            name: string;
        };
        /** @description The file, member by member. */
        TrustText: {
            /** @description Identifier of the bank. */
            bank: string;
            /** @description Keys of the log. */
            checkpoint_keys: string;
            /** @description KEM key of the bank, base64url. */
            kem_public_key: string;
            /** @description What a login answers to. */
            origin: string;
            /** @description Root certificate, PEM. */
            root: string;
            /** @description Name of the suite. */
            suite: string;
            /** @description Version of this form. */
            v: string;
        };
        /** @description A trusted browser. */
        TrustView: {
            created_at: string;
            expires_at: string;
            id: string;
            name: string;
        };
        /** @description What a second factor brought about. */
        VerifyAnswer: {
            /**
             * Format: int32
             * @description The level of this session from now on.
             */
            aal: number;
            assurance: string;
            /** @description Ten one-time codes, when the authenticator was confirmed by this. Shown once. */
            recovery_codes?: string[] | null;
        };
        /** @description A passkey, shown in a session. */
        VerifyRequest: {
            ceremony: string;
            /** @description What `navigator.credentials.get` answered. */
            credential: Record<string, never>;
        };
        /** @description Endpoints. */
        WebhookPage: {
            items: components["schemas"]["WebhookView"][];
        };
        /** @description An endpoint, and how its deliveries stand. */
        WebhookView: {
            active: boolean;
            /** @description Leaves that it was not told of yet, wanted or not. */
            behind: string;
            changed_at: string;
            changed_by: string;
            /**
             * Format: int32
             * @description Failures in a row.
             */
            failures: number;
            /** @description Names of the kinds that it is told of; none: all. */
            kinds: string[];
            last_at?: string | null;
            /** @description A status, or why there was none. */
            last_result?: string | null;
            /** @description The first leaf that it was not told of yet. */
            next: string;
            retry_at?: string | null;
            /** @description The intent that made the secret in force. */
            secret: string;
            /** @description `telling`, `failing`, `paused` or `off`. */
            status: string;
            url: string;
            webhook: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
