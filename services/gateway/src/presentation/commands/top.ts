import { inEachLanguage } from '#infra/kernel/languages.ts';
import { countedTracks, type KeptTrack } from '#services/contracts/library.ts';
import { command } from '../framework/command.ts';
import { yes, type Texts } from '../framework/options.ts';
import type { Words } from '../language/en.ts';
import { partView } from '../views/library-view.ts';
import { pageFromButton, pageSize, partOf } from '../views/pages.ts';
import { pageOption } from './shared-options.ts';

const lastPage = countedTracks / pageSize;

const group: Texts = {
  en: { description: 'What has played most' },
  de: { name: 'top', description: 'Was am meisten gelaufen ist' },
  'es-ES': { name: 'top', description: 'Lo que más ha sonado' },
  fr: { name: 'top', description: 'Ce qui a été joué le plus' },
  'pt-BR': { name: 'top', description: 'O que mais tocou' },
};

const says = inEachLanguage({
  en: {
    server: 'Most played in this server',
    mine: 'What you have played most',
    emptyServer: 'Nothing has been counted in this server yet.',
    emptyMine: 'Nothing of yours is counted. It may be off: /top counting changes that.',
    on: 'What you play is counted from now on.',
    off: 'What you play is no longer counted, and your own counts are deleted. Those of servers name nobody and stay.',
  },
  de: {
    server: 'Auf diesem Server am meisten gelaufen',
    mine: 'Was du am meisten gespielt hast',
    emptyServer: 'Auf diesem Server ist noch nichts gezählt.',
    emptyMine: 'Von dir ist nichts gezählt. Vielleicht ist das Zählen aus: /top zählen ändert das.',
    on: 'Was du spielst, wird ab jetzt gezählt.',
    off: 'Was du spielst, wird nicht mehr gezählt, und deine Zahlen sind gelöscht. Die der Server nennen niemanden und bleiben.',
  },
  'es-ES': {
    server: 'Lo más reproducido en este servidor',
    mine: 'Lo que más has reproducido',
    emptyServer: 'En este servidor aún no se ha contado nada.',
    emptyMine: 'No hay nada tuyo contado. Quizá esté desactivado: /top contar lo cambia.',
    on: 'A partir de ahora se cuenta lo que reproduces.',
    off: 'Ya no se cuenta lo que reproduces y tus cuentas están borradas. Las de los servidores no nombran a nadie y se conservan.',
  },
  fr: {
    server: 'Le plus joué sur ce serveur',
    mine: 'Ce que tu as joué le plus',
    emptyServer: 'Rien n’a encore été compté sur ce serveur.',
    emptyMine: 'Rien de toi n’est compté. C’est peut-être désactivé : /top compter le change.',
    on: 'Ce que tu joues est compté à partir de maintenant.',
    off: 'Ce que tu joues n’est plus compté, et tes comptes sont effacés. Ceux des serveurs ne nomment personne et restent.',
  },
  'pt-BR': {
    server: 'O mais tocado neste servidor',
    mine: 'O que você mais tocou',
    emptyServer: 'Neste servidor ainda não foi contado nada.',
    emptyMine: 'Não há nada seu contado. Talvez esteja desligado: /top contar muda isso.',
    on: 'O que você toca é contado a partir de agora.',
    off: 'O que você toca não é mais contado, e as suas contagens foram apagadas. As dos servidores não citam ninguém e ficam.',
  },
});

const shared = { group, says, category: 'information', rateLimit: { uses: 6, windowSec: 15, per: 'user' } } as const;

const times =
  ({ amounts }: Words) =>
  ({ plays = 1 }: KeptTrack): string =>
    ` · ${amounts.number(plays)}×`;

export const topServer = command({
  name: 'top server',
  texts: {
    en: { description: 'Show what has played most in this server' },
    de: { name: 'server', description: 'Zeigt, was auf diesem Server am meisten gelaufen ist' },
    'es-ES': { name: 'servidor', description: 'Muestra lo que más ha sonado en este servidor' },
    fr: { name: 'serveur', description: 'Affiche ce qui a été joué le plus sur ce serveur' },
    'pt-BR': { name: 'servidor', description: 'Mostra o que mais tocou neste servidor' },
  },
  ...shared,
  options: { page: pageOption(lastPage) },
  quiet: true,
  run: async ({ library, on, options, words }) => {
    const { server: title, emptyServer: empty } = says[words.language];
    const part = await library.part(on, 'top.server', partOf(options.page));
    return partView(words, part, { title, empty, command: 'top server', end: times(words) });
  },
  fromButton: (argument) => pageFromButton(argument, lastPage),
});

export const topMine = command({
  name: 'top mine',
  texts: {
    en: { description: 'Show what you have played most' },
    de: { name: 'meine', description: 'Zeigt, was du am meisten gespielt hast' },
    'es-ES': { name: 'mías', description: 'Muestra lo que más has reproducido' },
    fr: { name: 'moi', description: 'Affiche ce que tu as joué le plus' },
    'pt-BR': { name: 'minhas', description: 'Mostra o que você mais tocou' },
  },
  ...shared,
  options: { page: pageOption(lastPage) },
  quiet: true,
  run: async ({ library, on, options, words }) => {
    const { mine: title, emptyMine: empty } = says[words.language];
    const part = await library.part(on, 'top.mine', partOf(options.page));
    return partView(words, part, { title, empty, command: 'top mine', end: times(words) });
  },
  fromButton: (argument) => pageFromButton(argument, lastPage),
});

export const topCounting = command({
  name: 'top counting',
  texts: {
    en: { description: 'Have what you play counted, or not; off deletes your counts' },
    de: { name: 'zählen', description: 'Lässt zählen, was du spielst, oder nicht; aus löscht deine Zahlen' },
    'es-ES': { name: 'contar', description: 'Cuenta lo que reproduces o no; si no, borra tus cuentas' },
    fr: { name: 'compter', description: 'Compte ce que tu joues ou non ; sinon, efface tes comptes' },
    'pt-BR': { name: 'contar', description: 'Conta o que você toca ou não; se não, apaga as suas contagens' },
  },
  ...shared,
  options: {
    on: yes({
      texts: {
        en: { description: 'Whether to count' },
        de: { name: 'an', description: 'Ob gezählt wird' },
        'es-ES': { name: 'activado', description: 'Si se cuenta' },
        fr: { name: 'activé', description: 'Si l’on compte' },
        'pt-BR': { name: 'ligado', description: 'Se é para contar' },
      },
      required: true,
    }),
  },
  quiet: true,
  run: async ({ library, on, options, words }) => {
    await library.change(on, 'top.count', { on: options.on });
    const said = says[words.language];
    return { content: options.on ? said.on : said.off };
  },
});
