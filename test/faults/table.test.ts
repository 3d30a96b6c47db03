// @module-tag mount
import { databaseFaults, diskFull, flood, freezes, kills, outside } from './table/faults.ts';
import { rows } from './table/rows.ts';

/* What members notice of each fault; the rows of the table in test/README.md that take less than a minute. */
rows([...kills, ...freezes(10), ...databaseFaults, ...outside(10), diskFull, flood]);
