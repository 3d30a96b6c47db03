/**
 * A subquery for a statement whose $1 is the tenant: each guild's newest policy. It goes from guild to guild by the
 * primary key, so that its cost depends on the number of guilds and not on the number of versions.
 */
export const newestPolicies = `(
  with recursive written as (
    select min(guild_id) as guild_id from guild_policy where tenant_id = $1
    union all
    select (select min(guild_id) from guild_policy where tenant_id = $1 and guild_id > written.guild_id)
      from written where guild_id is not null
  )
  select newest.* from written cross join lateral (
    select guild_id, version, document from guild_policy
     where tenant_id = $1 and guild_id = written.guild_id order by version desc limit 1
  ) as newest
) as newest_policies`;
