import type pg from 'pg';

/** The schema of the tables of jobs; its comment names the version that made them. */
export const jobsSchema = 'jobs';
/** Version of pg-boss, whose tables they are; a test compares it with the installed one. */
export const jobsVersion = '12.38.0';
/** The only role that runs jobs; it may change rows, not tables. */
const role = 'bailiwick_worker';

const comment = `pg-boss ${jobsVersion}`;

const commentOf = async (client: pg.Client): Promise<string | null> => {
  const { rows } = await client.query<{ comment: string | null }>(
    "select obj_description(to_regnamespace($1)::oid, 'pg_namespace') as comment",
    [jobsSchema],
  );
  return rows[0]?.comment ?? null;
};

/** Whether the tables are those of this version. Loads no library: this is asked at each start. */
export const hasJobTables = async (client: pg.Client): Promise<boolean> => (await commentOf(client)) === comment;

/** Creates the tables, or brings them to this version. */
export async function migrateJobs(client: pg.Client): Promise<void> {
  const { getConstructionPlans, getMigrationPlans } = await import('pg-boss');
  if ((await commentOf(client)) === null) await client.query(getConstructionPlans(jobsSchema));
  else {
    const { rows } = await client.query<{ version: number }>(`select version from ${jobsSchema}.version`);
    await client.query(getMigrationPlans(jobsSchema, rows[0]?.version));
  }
  await client.query(
    `grant usage on schema ${jobsSchema} to ${role};
     grant select, insert, update, delete on all tables in schema ${jobsSchema} to ${role};
     grant execute on all functions in schema ${jobsSchema} to ${role};
     comment on schema ${jobsSchema} is '${comment}'`,
  );
}
