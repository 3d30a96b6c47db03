import { inEachLanguage } from '#infra/kernel/languages.ts';
import type { GuildPolicy } from '#policies/guild-policy.ts';
import { command } from '../framework/command.ts';
import { choice, role, yes, type Texts } from '../framework/options.ts';
import type { Words } from '../language/en.ts';
import { accent, type View } from '../views/player-view.ts';
import { djLines } from '../views/policy-view.ts';

const says = inEachLanguage({
  en: {
    title: 'DJs of this server',
    unnamed: 'Name a role to add or to remove.',
  },
  de: {
    title: 'DJs dieses Servers',
    unnamed: 'Nenne eine Rolle, die dazukommen oder wegfallen soll.',
  },
  'es-ES': {
    title: 'DJ de este servidor',
    unnamed: 'Indica un rol que añadir o quitar.',
  },
  fr: {
    title: 'Les DJ de ce serveur',
    unnamed: 'Indique un rôle à ajouter ou à retirer.',
  },
  'pt-BR': {
    title: 'DJs deste servidor',
    unnamed: 'Indique um cargo para adicionar ou remover.',
  },
});

const group: Texts = {
  en: { description: 'Who controls the music of this server' },
  de: { name: 'dj', description: 'Wer die Musik dieses Servers steuert' },
  'es-ES': { name: 'dj', description: 'Quién controla la música de este servidor' },
  fr: { name: 'dj', description: 'Qui contrôle la musique de ce serveur' },
  'pt-BR': { name: 'dj', description: 'Quem controla a música deste servidor' },
};

const shared = { group, says, category: 'server', rateLimit: { uses: 5, windowSec: 30, per: 'user' } } as const;

export const djShow = command({
  name: 'dj show',
  texts: {
    en: { description: 'Show the DJs, and what is reserved for them' },
    de: { name: 'zeigen', description: 'Zeigt die DJs, und was ihnen vorbehalten ist' },
    'es-ES': { name: 'mostrar', description: 'Muestra los DJ y lo que se les reserva' },
    fr: { name: 'afficher', description: 'Affiche les DJ, et ce qui leur est réservé' },
    'pt-BR': { name: 'mostrar', description: 'Mostra os DJs e o que é reservado a eles' },
  },
  ...shared,
  options: {},
  quiet: true,
  run: async ({ policy, on, words }) => djView(words, (await policy.show(on)).policy),
});

export const djRoles = command({
  name: 'dj roles',
  texts: {
    en: { description: 'Add or remove a DJ role' },
    de: { name: 'rollen', description: 'Fügt eine DJ-Rolle hinzu oder entfernt sie' },
    'es-ES': { name: 'roles', description: 'Añade o quita un rol de DJ' },
    fr: { name: 'rôles', description: 'Ajoute ou retire un rôle de DJ' },
    'pt-BR': { name: 'cargos', description: 'Adiciona ou remove um cargo de DJ' },
  },
  ...shared,
  options: {
    add: role({
      texts: {
        en: { description: 'The role whose members become DJs' },
        de: { name: 'dazu', description: 'Die Rolle, deren Mitglieder DJs werden' },
        'es-ES': { name: 'añadir', description: 'El rol cuyos miembros pasan a ser DJ' },
        fr: { name: 'ajouter', description: 'Le rôle dont les membres deviennent DJ' },
        'pt-BR': { name: 'adicionar', description: 'O cargo cujos membros viram DJs' },
      },
      required: false,
    }),
    remove: role({
      texts: {
        en: { description: 'The role whose members are no longer DJs' },
        de: { name: 'weg', description: 'Die Rolle, deren Mitglieder keine DJs mehr sind' },
        'es-ES': { name: 'quitar', description: 'El rol cuyos miembros dejan de ser DJ' },
        fr: { name: 'retirer', description: 'Le rôle dont les membres ne sont plus DJ' },
        'pt-BR': { name: 'remover', description: 'O cargo cujos membros deixam de ser DJs' },
      },
      required: false,
    }),
  },
  quiet: true,
  run: async ({ policy, on, options, words }) => {
    const { add, remove } = options;
    if (add === undefined && remove === undefined) return { content: says[words.language].unnamed, refused: true };
    const request = { ...(add === undefined ? {} : { add }), ...(remove === undefined ? {} : { remove }) };
    return djView(words, (await policy.change(on, request)).policy);
  },
});

const reserve = (texts: Texts) => yes({ texts, required: false });

export const djMode = command({
  name: 'dj mode',
  texts: {
    en: { description: 'Reserve commands for DJs, or let everybody use them' },
    de: { name: 'modus', description: 'Behält Befehle den DJs vor, oder lässt sie allen' },
    'es-ES': { name: 'modo', description: 'Reserva comandos a los DJ, o los deja a todos' },
    fr: { name: 'mode', description: 'Réserve des commandes aux DJ, ou les laisse à tous' },
    'pt-BR': { name: 'modo', description: 'Reserva comandos aos DJs, ou libera para todos' },
  },
  ...shared,
  options: {
    mode: choice({
      texts: {
        en: { description: 'Whether anything is reserved for DJs' },
        de: { name: 'modus', description: 'Ob den DJs etwas vorbehalten ist' },
        'es-ES': { name: 'modo', description: 'Si se reserva algo a los DJ' },
        fr: { name: 'mode', description: 'Si quelque chose est réservé aux DJ' },
        'pt-BR': { name: 'modo', description: 'Se algo é reservado aos DJs' },
      },
      choices: {
        on: { en: 'On', de: 'An', 'es-ES': 'Activado', fr: 'Activé', 'pt-BR': 'Ligado' },
        off: { en: 'Off', de: 'Aus', 'es-ES': 'Desactivado', fr: 'Désactivé', 'pt-BR': 'Desligado' },
      },
      required: true,
    }),
    playback: reserve({
      en: { description: 'Only DJs pause, resume, skip and stop' },
      de: { name: 'wiedergabe', description: 'Nur DJs pausieren, setzen fort, überspringen und stoppen' },
      'es-ES': { name: 'reproducción', description: 'Solo los DJ pausan, reanudan, saltan y paran' },
      fr: { name: 'lecture', description: 'Seuls les DJ mettent en pause, reprennent, passent et arrêtent' },
      'pt-BR': { name: 'reprodução', description: 'Só DJs pausam, retomam, pulam e param' },
    }),
    sound: reserve({
      en: { description: 'Only DJs change the volume and the filters' },
      de: { name: 'klang', description: 'Nur DJs ändern Lautstärke und Filter' },
      'es-ES': { name: 'sonido', description: 'Solo los DJ cambian el volumen y los filtros' },
      fr: { name: 'son', description: 'Seuls les DJ changent le volume et les filtres' },
      'pt-BR': { name: 'som', description: 'Só DJs mudam o volume e os filtros' },
    }),
    order: reserve({
      en: { description: 'Only DJs change the order of the queue' },
      de: { name: 'reihenfolge', description: 'Nur DJs ändern die Reihenfolge der Warteschlange' },
      'es-ES': { name: 'orden', description: 'Solo los DJ cambian el orden de la cola' },
      fr: { name: 'ordre', description: 'Seuls les DJ changent l’ordre de la file' },
      'pt-BR': { name: 'ordem', description: 'Só DJs mudam a ordem da fila' },
    }),
    adding: reserve({
      en: { description: 'Only DJs add to the queue' },
      de: { name: 'hinzufügen', description: 'Nur DJs fügen der Warteschlange etwas hinzu' },
      'es-ES': { name: 'añadir', description: 'Solo los DJ añaden a la cola' },
      fr: { name: 'ajout', description: 'Seuls les DJ ajoutent à la file' },
      'pt-BR': { name: 'adição', description: 'Só DJs adicionam à fila' },
    }),
  },
  quiet: true,
  run: async ({ policy, on, options, words }) => {
    const { mode, ...categories } = options;
    const named = Object.fromEntries(Object.entries(categories).filter(([, value]) => value !== undefined));
    return djView(words, (await policy.change(on, { mode, ...named })).policy);
  },
});

const djView = (words: Words, policy: GuildPolicy): View => {
  const description = djLines(words, policy.dj).join('\n');
  return { embeds: [{ color: accent, title: says[words.language].title, description }], components: [] };
};
