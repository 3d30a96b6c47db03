import type pg from 'pg';

/** The schema of the workflow tables; its comment names the version that made them. */
export const workflowSchema = 'workflows';
/** Version of DBOS, whose migrations they are; a test compares it with the installed one. */
export const workflowVersion = '5.3.0';
/** The only role that runs workflows. */
const role = 'bailiwick_api';

const comment = `DBOS ${workflowVersion}`;

/** Whether the tables are those of this version. Loads no library: this is asked at each start. */
export async function hasWorkflowTables(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ comment: string | null }>(
    "select obj_description(to_regnamespace($1)::oid, 'pg_namespace') as comment",
    [workflowSchema],
  );
  return rows[0]?.comment === comment;
}

/** Creates the tables, or brings them to this version; `client` is connected to the same database. */
export async function migrateWorkflows(adminUrl: string, client: pg.Client): Promise<void> {
  // DBOS.migrate does the same and prints what it does.
  const { migrateSystemDatabase } = await import('@dbos-inc/dbos-sdk/internal/system_database');
  const { GlobalLogger } = await import('@dbos-inc/dbos-sdk/internal/telemetry/logs');
  await migrateSystemDatabase(adminUrl, new GlobalLogger(undefined, { logLevel: 'error' }), workflowSchema, role);
  await client.query(`comment on schema ${workflowSchema} is '${comment}'`);
}
