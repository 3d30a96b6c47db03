// @module-tag mount
import { databaseFaults, diskFull, flood, kills, outside } from './table/faults.ts';
import { rows } from './table/rows.ts';

/* What members notice of each fault; the rows of the table in test/README.md that are not in `long`. */
rows([...kills, ...databaseFaults, ...outside(10), diskFull, flood]);
