import type { MemberRole } from '#policies/roles.ts';

/** What the API answers, by the names that the portal has for it. */

export type TenantStatus = 'created' | 'active' | 'suspended' | 'deleting';

export interface Me {
  readonly subject: string;
  readonly name: string;
  readonly avatarUrl: string | null;
  readonly operator: boolean;
  readonly tenants: readonly {
    readonly id: string;
    readonly name: string;
    readonly role: MemberRole;
    readonly status: TenantStatus;
  }[];
  readonly mayCreateTenants: boolean;
}

export interface Tenant {
  readonly id: string;
  readonly name: string;
  readonly status: TenantStatus;
  readonly reason: string | null;
  readonly suspendedBy: string | null;
  readonly applicationId: string | null;
  readonly botUserId: string | null;
  readonly version: number;
  readonly createdAt: string;
}

export interface Session {
  readonly status: 'none' | 'connecting' | 'connected' | 'failed';
  readonly reason?: string;
  readonly guilds: number;
  readonly latencyMs?: number;
}

export interface Instance {
  readonly desired: 'running' | 'stopped';
  readonly state: 'stopped' | 'starting' | 'ready' | 'degraded' | 'backing-off' | 'failed';
  readonly reason?: string;
  readonly restarts: number;
  readonly layers: readonly string[];
}

export interface TenantState {
  readonly tenant: Tenant;
  readonly session: Session | null;
  readonly instance: Instance | null;
  readonly ready: boolean;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

export interface Track {
  readonly entryId: string;
  readonly title: string;
  readonly author: string;
  readonly uri: string | null;
  readonly artworkUrl: string | null;
  readonly lengthMs: number;
  readonly isStream: boolean;
  readonly source: string;
  readonly requestedBy: string | null;
}

export interface Player {
  readonly guild: string;
  readonly state: 'idle' | 'waiting' | 'playing' | 'paused';
  readonly current: Track | null;
  readonly positionMs: number;
  readonly asOfMs: number;
  readonly volume: number;
  readonly voiceChannel: string | null;
  readonly queue: readonly Track[];
  readonly queueLength: number;
  readonly version: number;
}

export interface GuildSummary {
  readonly id: string;
  readonly name: string;
  readonly iconUrl: string | null;
  readonly memberCount?: number | null;
  readonly player: Player | null;
  readonly policyVersion: number;
}

export interface GuildDetail {
  readonly id: string;
  readonly name: string;
  readonly iconUrl: string | null;
  readonly memberCount?: number | null;
  readonly text: readonly { readonly id: string; readonly name: string; readonly category: string | null }[];
  readonly voice: readonly { readonly id: string; readonly name: string; readonly missing: readonly string[] }[];
  readonly roles: readonly {
    readonly id: string;
    readonly name: string;
    readonly color: number;
    readonly position: number;
    readonly managed: boolean;
  }[];
}
