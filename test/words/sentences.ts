import { glob, readFile } from 'node:fs/promises';
import path from 'node:path';
import ts from 'typescript5';

const root = path.resolve(import.meta.dirname, '../..');
const sources = ['services/portal/src', 'services/cli/src'];
/** JSX attributes whose values are not displayed. */
const unread = new Set(['className', 'id', 'type', 'role', 'name', 'href', 'key', 'd', 'viewBox']);

/**
 * The texts of the portal and the command line: each text with the files that contain it, in alphabetical order. Values
 * within a text are {0}, {1} and so on. A literal counts as text if it has two words or begins like a sentence.
 */
export async function sentences(): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, Set<string>>();
  for (const file of await sourceFiles()) {
    for (const text of textsOf(file, await readFile(path.join(root, file), 'utf8'))) {
      const files = found.get(text) ?? new Set();
      found.set(text, files.add(file));
    }
  }
  return new Map(
    [...found]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([text, files]) => [text, [...files].toSorted()]),
  );
}

async function sourceFiles(): Promise<string[]> {
  const files: string[] = [];
  for (const folder of sources) {
    for await (const file of glob(`${folder}/**/*.{ts,tsx}`, { cwd: root })) files.push(file);
  }
  return files.filter((file) => !/\.test\.|\/testing\//.test(file)).toSorted();
}

function textsOf(file: string, source: string): string[] {
  const kind = file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS;
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isUnread(node)) return;
    const text = textOf(node)?.replaceAll(/\s+/g, ' ').trim();
    if (text !== undefined && /\p{L}/u.test(text)) texts.push(text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true, kind));
  return texts;
}

function textOf(node: ts.Node): string | undefined {
  if (ts.isJsxText(node)) return node.text;
  if (ts.isTemplateExpression(node)) {
    const spans = node.templateSpans.map(({ literal }, index) => `{${index}}${literal.text}`);
    return readsLikeText([node.head.text, ...spans].join(''));
  }
  return ts.isStringLiteralLike(node) ? readsLikeText(node.text) : undefined;
}

/** Modules, types, names of errors, values that others are compared with, and attributes that are not displayed. */
function isUnread(node: ts.Node): boolean {
  if (ts.isJsxAttribute(node)) return unread.has(node.name.getText());
  if (ts.isPropertyDeclaration(node)) return node.name.getText() === 'name';
  if (ts.isStringLiteralLike(node) && ts.isBinaryExpression(node.parent)) return isComparison(node.parent);
  return ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isLiteralTypeNode(node);
}

function isComparison({ operatorToken: { kind } }: ts.BinaryExpression): boolean {
  return kind === ts.SyntaxKind.EqualsEqualsEqualsToken || kind === ts.SyntaxKind.ExclamationEqualsEqualsToken;
}

/** Flags with their values, SQL, shell scripts and headers. */
const forMachines =
  /^(-\w, )?--?[\w-]+ |^(select|alter role|create database|begin) |_?_bailiwick|^Bearer |, sans-serif$|monospace$|^0 1px /;

function readsLikeText(text: string): string | undefined {
  if (forMachines.test(text)) return undefined;
  return /\p{L}.* .*\p{L}/su.test(text) || /^\p{Lu}\p{Ll}/u.test(text) ? text : undefined;
}
