// @module-tag mount
import { freezes, outside } from '../table/faults.ts';
import { rows } from '../table/rows.ts';

/* The rows of the table in test/README.md that take longer than a minute each. */
rows([...freezes(60), ...outside(60)]);
