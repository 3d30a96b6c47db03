import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { chmod, copyFile, mkdtemp, realpath, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { platformFault } from '#infra/kernel/errors.ts';
import { isOwnFolder, isReadableByAll } from '#infra/kernel/file-rights.ts';

/** The two files of a bot, where a bot's own user can read them. */
export interface BotImage {
  readonly nodeFile: string;
  readonly bundleFile: string;
}

/**
 * Bots with their own users must be able to read Node and the bundle. Files that they can read are used in place; files
 * in somebody's private home are copied into a folder that only this user may write, named by content, and reused by
 * the next start. Throws `supervisor.image-taken`, `supervisor.image-unreachable`.
 */
export async function prepareBotImage(options: {
  readonly bundleFile: string;
  /** Where copies go; all users must be able to traverse it. */
  readonly copiesIn: string;
  /** False if bots run as the supervisor's own user, who can read its own files. */
  readonly ownUser: boolean;
}): Promise<BotImage> {
  const { ownUser, copiesIn } = options;
  const [nodeFile, bundleFile] = await Promise.all([realpath(process.execPath), realpath(options.bundleFile)]);
  if (!ownUser) return { nodeFile, bundleFile };
  return {
    nodeFile: (await isReadableByAll(nodeFile)) ? nodeFile : await readableCopy(nodeFile, 'node', copiesIn),
    bundleFile: (await isReadableByAll(bundleFile)) ? bundleFile : await readableCopy(bundleFile, 'bot.mjs', copiesIn),
  };
}

async function readableCopy(file: string, name: string, copiesIn: string): Promise<string> {
  const folder = path.join(await realpath(copiesIn), `bailiwick-bot-${await hashOf(file)}`);
  const copy = path.join(folder, name);
  if (!(await isOwnFolder(folder))) await copyInto(folder, file, name);
  if (await isReadableByAll(copy)) return copy;
  const advice = `Bots cannot read ${folder}. Set bots.copiesIn to another folder.`;
  throw platformFault('supervisor.image-unreachable', advice);
}

/** Complete or absent, even if two supervisors start at once. */
async function copyInto(folder: string, file: string, name: string): Promise<void> {
  const draft = await mkdtemp(`${folder}-draft-`);
  await copyFile(file, path.join(draft, name), constants.COPYFILE_FICLONE);
  await chmod(path.join(draft, name), 0o755);
  await chmod(draft, 0o755);
  try {
    await rename(draft, folder);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    // Another supervisor of this user was faster, or somebody else took the name.
    if (!(await isOwnFolder(folder)))
      throw platformFault('supervisor.image-taken', `${folder} belongs to another user.`, cause);
  }
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex').slice(0, 16);
}
