// @module-tag linux
import { vi } from 'vitest';
import { startFromClosedCheckout } from './start-closed.ts';
import { failingStarts } from './start-failing.ts';
import { startsAndStops } from './start-stop.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 180_000 });

startsAndStops();
failingStarts();
startFromClosedCheckout();
