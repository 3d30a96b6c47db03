import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, lstat, mkdtemp, realpath, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { platformFault } from '#infra/kernel/errors.ts';

/** The two files that a bot is made of, where a bot's own user can read them. */
export interface BotImage {
  readonly nodeFile: string;
  readonly bundleFile: string;
}

/**
 * Bots with users of their own must be able to read Node and the bundle. Where the checkout lies so that they can, both
 * are used in place; under somebody's closed home, copies are put into a folder that only this user may write, named by
 * their content, and used again by the next start.
 */
export async function prepareBotImage(options: {
  readonly bundleFile: string;
  /** Where copies go; must be traversable by everybody. */
  readonly copiesIn: string;
  /** False when bots run as the supervisor's own user, who can read its own files. */
  readonly ownUser: boolean;
}): Promise<BotImage> {
  const nodeFile = await realpath(process.execPath);
  const bundleFile = await realpath(options.bundleFile);
  const inPlace = !options.ownUser || ((await readableByAll(nodeFile)) && (await readableByAll(bundleFile)));
  if (inPlace) return { nodeFile, bundleFile };
  const name = `bailiwick-bot-${await hashOf([nodeFile, bundleFile])}`;
  const folder = path.join(await realpath(options.copiesIn), name);
  const image = { nodeFile: path.join(folder, 'node'), bundleFile: path.join(folder, 'bot.mjs') };
  if (await isOurs(folder)) return image;
  const draft = await mkdtemp(`${folder}-draft-`);
  await copyFile(nodeFile, path.join(draft, 'node'), constants.COPYFILE_FICLONE);
  await copyFile(bundleFile, path.join(draft, 'bot.mjs'));
  await chmod(path.join(draft, 'node'), 0o755);
  await chmod(path.join(draft, 'bot.mjs'), 0o644);
  await chmod(draft, 0o755);
  try {
    await rename(draft, folder);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    // Another supervisor of this user was faster, or somebody else took the name.
    if (!(await isOurs(folder))) throw platformFault('supervisor.image-taken', `${folder} is not ours.`, cause);
  }
  if (!(await readableByAll(image.nodeFile))) {
    throw platformFault(
      'supervisor.image-unreachable',
      `Bots cannot read ${folder}: name another folder in bots.copiesIn.`,
    );
  }
  return image;
}

/** Everybody may read the file and pass through each folder above it. */
export async function readableByAll(file: string): Promise<boolean> {
  if (!((await stat(file)).mode & constants.S_IROTH)) return false;
  for (let folder = path.dirname(file); ; folder = path.dirname(folder)) {
    if (!((await stat(folder)).mode & constants.S_IXOTH)) return false;
    if (folder === path.dirname(folder)) return true;
  }
}

/** A folder, not a link, of this user, that nobody else may write. */
async function isOurs(folder: string): Promise<boolean> {
  try {
    const facts = await lstat(folder);
    return facts.isDirectory() && facts.uid === process.getuid?.() && (facts.mode & 0o022) === 0;
  } catch {
    return false;
  }
}

async function hashOf(files: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex').slice(0, 16);
}
