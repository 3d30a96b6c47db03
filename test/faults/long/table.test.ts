// @module-tag mount
import { freezes, outside } from '../table/faults.ts';
import { rows } from '../table/rows.ts';

/* The rows of the table in test/README.md that take long: `answers.test.ts` has freezes of seconds. */
rows([...freezes(10), ...freezes(60), ...outside(60)]);
