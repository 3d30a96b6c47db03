import { getPriority, setPriority } from 'node:os';
import { vi } from 'vitest';
import { startFromClosedCheckout } from './start-closed.ts';
import { failingStarts } from './start-failing.ts';
import { startsAndStops } from './start-stop.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

// Each start takes the whole machine for seconds: one after the other, hence in one file, and after everybody else's
// turn, for none of them has a deadline that others' tests beside it have.
setPriority(Math.max(10, getPriority()));
startsAndStops();
failingStarts();
startFromClosedCheckout();
