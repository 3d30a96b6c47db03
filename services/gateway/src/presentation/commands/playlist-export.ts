import { inEachLanguage } from '#infra/kernel/languages.ts';
import type { Exported } from '#services/contracts/library.ts';
import { command, type TextFile } from '../framework/command.ts';
import { choice, type Texts } from '../framework/options.ts';
import { nameOf } from '../views/library-view.ts';
import { complete, leftOutLine, named, shared } from './playlist-options.ts';
import { says } from './playlist-texts.ts';

/** Of the 256 KiB that the edge takes, less what the message itself needs. */
const maxBytesSent = 240_000;

const formatTexts: Texts = {
  en: { description: 'What the file contains' },
  de: { name: 'format', description: 'Was in der Datei steht' },
  'es-ES': { name: 'formato', description: 'Qué contiene el archivo' },
  fr: { name: 'format', description: 'Ce que contient le fichier' },
  'pt-BR': { name: 'formato', description: 'O que o arquivo contém' },
};
const formats = {
  json: inEachLanguage({
    en: 'JSON, with all details',
    de: 'JSON, mit allen Angaben',
    'es-ES': 'JSON, con todos los datos',
    fr: 'JSON, avec tous les détails',
    'pt-BR': 'JSON, com todos os dados',
  }),
  links: inEachLanguage({
    en: 'Links, one on each line',
    de: 'Links, einer je Zeile',
    'es-ES': 'Enlaces, uno por línea',
    fr: 'Des liens, un par ligne',
    'pt-BR': 'Links, um por linha',
  }),
};

export const playlistExport = command({
  name: 'playlist export',
  texts: {
    en: { description: 'Get a playlist as a file' },
    de: { name: 'exportieren', description: 'Gibt dir eine Playlist als Datei' },
    'es-ES': { name: 'exportar', description: 'Te da una lista como archivo' },
    fr: { name: 'exporter', description: 'Te donne une playlist sous forme de fichier' },
    'pt-BR': { name: 'exportar', description: 'Dá uma playlist como arquivo' },
  },
  ...shared,
  rateLimit: { uses: 5, windowSec: 60, per: 'user' },
  options: { name: named, format: choice({ texts: formatTexts, choices: formats, required: false }) },
  quiet: true,
  run: async ({ library, on, options: { name, format }, words }) => {
    const list = await library.export(on, name);
    const { count, file, leftOut } = fileOf(list, format ?? 'json');
    const said = says[words.language].exported(nameOf(words, list.name), words.tracks(count));
    return { content: [said, ...leftOut.map((left) => leftOutLine(words, left))].join('\n'), file };
  },
  complete,
});

interface Written {
  /** How many tracks are in it. */
  readonly count: number;
  readonly file: TextFile;
  readonly leftOut: readonly { readonly reason: 'no-link' | 'file-full'; readonly count: number }[];
}

/** As many tracks as have a place in the file. */
export function fileOf({ name, tracks }: Exported, format: 'json' | 'links'): Written {
  const lines =
    format === 'links'
      ? tracks.flatMap(({ uri }) => (uri === null ? [] : [uri]))
      : tracks.map(({ atMs, ...track }) => JSON.stringify({ ...track, addedAt: new Date(atMs).toISOString() }));
  const fitting = fittingOf(lines);
  const leftOut = [
    { reason: 'no-link' as const, count: tracks.length - lines.length },
    { reason: 'file-full' as const, count: lines.length - fitting.length },
  ].filter(({ count }) => count > 0);
  const file =
    format === 'links'
      ? { name: 'playlist.txt', content: `${fitting.join('\n')}\n` }
      : { name: 'playlist.json', content: `{"name":${JSON.stringify(name)},"tracks":[\n${fitting.join(',\n')}\n]}\n` };
  return { count: fitting.length, file, leftOut };
}

/** A file is sent as a text within JSON, where quotes take two bytes. */
const bytesSent = (line: string): number => Buffer.byteLength(JSON.stringify(`${line},\n`));

function fittingOf(lines: readonly string[]): readonly string[] {
  let left = maxBytesSent;
  const end = lines.findIndex((line) => (left -= bytesSent(line)) < 0);
  return end === -1 ? lines : lines.slice(0, end);
}
