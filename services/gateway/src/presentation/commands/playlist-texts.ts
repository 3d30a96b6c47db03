import { inEachLanguage } from '#infra/kernel/languages.ts';
import type { Texts } from '../framework/options.ts';

/** What Discord shows of the command whose subcommands rule playlists. */
export const group: Texts = {
  en: { description: 'Your playlists' },
  de: { name: 'playlist', description: 'Deine Playlists' },
  'es-ES': { name: 'lista', description: 'Tus listas' },
  fr: { name: 'playlist', description: 'Tes playlists' },
  'pt-BR': { name: 'playlist', description: 'Suas playlists' },
};

/** Of a playlist that there is. */
export const itsName: Texts = {
  en: { description: 'Its name' },
  de: { name: 'name', description: 'Ihr Name' },
  'es-ES': { name: 'nombre', description: 'Su nombre' },
  fr: { name: 'nom', description: 'Son nom' },
  'pt-BR': { name: 'nome', description: 'O nome dela' },
};

export const itsNewName: Texts = {
  en: { description: 'Its new name' },
  de: { name: 'neu', description: 'Ihr neuer Name' },
  'es-ES': { name: 'nuevo', description: 'Su nuevo nombre' },
  fr: { name: 'nouveau', description: 'Son nouveau nom' },
  'pt-BR': { name: 'novo', description: 'O novo nome dela' },
};

export const positionInIt: Texts = {
  en: { description: 'Its position in /playlist show' },
  de: { name: 'platz', description: 'Sein Platz in /playlist zeigen' },
  'es-ES': { name: 'puesto', description: 'Su puesto en /lista mostrar' },
  fr: { name: 'position', description: 'Sa position dans /playlist afficher' },
  'pt-BR': { name: 'posição', description: 'A posição dela em /playlist mostrar' },
};

/** Of a playlist that is to be made. */
export const nameForIt: Texts = {
  en: { description: 'Its name; otherwise the one that it has there' },
  de: { name: 'name', description: 'Ihr Name; sonst der, den sie dort hat' },
  'es-ES': { name: 'nombre', description: 'Su nombre; si no, el que ya tiene' },
  fr: { name: 'nom', description: 'Son nom ; sinon celui qu’elle porte déjà' },
  'pt-BR': { name: 'nome', description: 'O nome dela; senão, o que ela já tem' },
};

export const newPositionInIt: Texts = {
  en: { description: 'Its new position' },
  de: { name: 'nach', description: 'Sein neuer Platz' },
  'es-ES': { name: 'a', description: 'Su nuevo puesto' },
  fr: { name: 'vers', description: 'Sa nouvelle position' },
  'pt-BR': { name: 'para', description: 'A nova posição dela' },
};

export const itsLink: Texts = {
  en: { description: 'The link of a playlist at a music service' },
  de: { name: 'link', description: 'Der Link einer Playlist bei einem Musikdienst' },
  'es-ES': { name: 'enlace', description: 'El enlace de una lista en un servicio de música' },
  fr: { name: 'lien', description: 'Le lien d’une playlist sur un service de musique' },
  'pt-BR': { name: 'link', description: 'O link de uma playlist em um serviço de música' },
};

export const itsCode: Texts = {
  en: { description: 'The code that its owner got from /playlist share' },
  de: { name: 'code', description: 'Der Code, den der Besitzer mit /playlist teilen bekommen hat' },
  'es-ES': { name: 'código', description: 'El código que su dueño obtuvo con /lista compartir' },
  fr: { name: 'code', description: 'Le code que son propriétaire a obtenu avec /playlist partager' },
  'pt-BR': { name: 'código', description: 'O código que o dono recebeu com /playlist compartilhar' },
};

export const says = inEachLanguage({
  en: {
    created: (list: string) => `Created **${list}**. Add tracks to it with /playlist add.`,
    added: (what: string, list: string, length: string, most: string) =>
      `Added ${what} to **${list}** · ${length} of ${most}.`,
    removed: (track: string, list: string) => `Removed ${track} from **${list}**.`,
    renamed: (list: string) => `It is called **${list}** now.`,
    deleted: (list: string, tracks: string) => `Deleted **${list}** with ${tracks}.`,
    filled: (list: string, tracks: string) => `Created **${list}** with ${tracks}.`,
    moved: (track: string, position: string, list: string) => `Moved ${track} to position ${position} of **${list}**.`,
    shared: (list: string, code: string) =>
      `**${list}** is shared. In every server with this bot, /playlist copy makes a copy of it by the code \`${code}\`; other bots do not know the code. /playlist unshare ends it.`,
    unshared: (list: string) => `The code of **${list}** no longer works. Copies that were made with it stay.`,
    exported: (list: string, tracks: string) => `**${list}** with ${tracks} is in this file.`,
    empty: 'It is empty. Add tracks to it with /playlist add.',
  },
  de: {
    created: (list) => `**${list}** ist angelegt. Füg mit /playlist hinzufügen Titel hinzu.`,
    added: (what, list, length, most) => `Jetzt in **${list}**: ${what} · ${length} von ${most}.`,
    removed: (track, list) => `Nicht mehr in **${list}**: ${track}.`,
    renamed: (list) => `Sie heißt jetzt **${list}**.`,
    deleted: (list, tracks) => `**${list}** mit ${tracks} ist gelöscht.`,
    filled: (list, tracks) => `**${list}** ist angelegt, mit ${tracks}.`,
    moved: (track, position, list) => `Jetzt auf Platz ${position} von **${list}**: ${track}.`,
    shared: (list, code) =>
      `**${list}** ist geteilt. Auf jedem Server mit diesem Bot legt /playlist kopieren mit dem Code \`${code}\` eine Kopie an; andere Bots kennen den Code nicht. /playlist nicht-teilen beendet das.`,
    unshared: (list) => `Der Code von **${list}** gilt nicht mehr. Kopien, die damit angelegt wurden, bleiben.`,
    exported: (list, tracks) => `In dieser Datei ist **${list}** mit ${tracks}.`,
    empty: 'Sie ist leer. Füg mit /playlist hinzufügen Titel hinzu.',
  },
  'es-ES': {
    created: (list) => `**${list}** creada. Añade canciones con /lista añadir.`,
    added: (what, list, length, most) => `Ahora en **${list}**: ${what} · ${length} de ${most}.`,
    removed: (track, list) => `Ya no está en **${list}**: ${track}.`,
    renamed: (list) => `Ahora se llama **${list}**.`,
    deleted: (list, tracks) => `**${list}** eliminada, con ${tracks}.`,
    filled: (list, tracks) => `**${list}** creada, con ${tracks}.`,
    moved: (track, position, list) => `${track} está ahora en el puesto ${position} de **${list}**.`,
    shared: (list, code) =>
      `**${list}** está compartida. En todos los servidores con este bot, /lista copiar crea una copia con el código \`${code}\`; otros bots no conocen el código. /lista no-compartir lo anula.`,
    unshared: (list) => `El código de **${list}** ya no sirve. Las copias que se hicieron con él se conservan.`,
    exported: (list, tracks) => `**${list}**, con ${tracks}, está en este archivo.`,
    empty: 'Está vacía. Añade canciones con /lista añadir.',
  },
  fr: {
    created: (list) => `**${list}** est créée. Ajoute des titres avec /playlist ajouter.`,
    added: (what, list, length, most) => `Maintenant dans **${list}** : ${what} · ${length} sur ${most}.`,
    removed: (track, list) => `Retiré de **${list}** : ${track}.`,
    renamed: (list) => `Elle s’appelle maintenant **${list}**.`,
    deleted: (list, tracks) => `**${list}** est supprimée, avec ${tracks}.`,
    filled: (list, tracks) => `**${list}** est créée, avec ${tracks}.`,
    moved: (track, position, list) => `${track} est maintenant à la position ${position} de **${list}**.`,
    shared: (list, code) =>
      `**${list}** est partagée. Sur tous les serveurs où se trouve ce bot, /playlist copier en fait une copie avec le code \`${code}\` ; les autres bots ne connaissent pas ce code. /playlist ne-plus-partager y met fin.`,
    unshared: (list) => `Le code de **${list}** n’est plus valable. Les copies faites avec lui restent.`,
    exported: (list, tracks) => `**${list}**, avec ${tracks}, est dans ce fichier.`,
    empty: 'Elle est vide. Ajoute des titres avec /playlist ajouter.',
  },
  'pt-BR': {
    created: (list) => `**${list}** criada. Adicione faixas com /playlist adicionar.`,
    added: (what, list, length, most) => `Agora em **${list}**: ${what} · ${length} de ${most}.`,
    removed: (track, list) => `Fora de **${list}**: ${track}.`,
    renamed: (list) => `Agora ela se chama **${list}**.`,
    deleted: (list, tracks) => `**${list}** excluída, com ${tracks}.`,
    filled: (list, tracks) => `**${list}** criada, com ${tracks}.`,
    moved: (track, position, list) => `${track} agora está na posição ${position} de **${list}**.`,
    shared: (list, code) =>
      `**${list}** está compartilhada. Em todos os servidores com este bot, /playlist copiar faz uma cópia com o código \`${code}\`; outros bots não conhecem o código. /playlist descompartilhar o anula.`,
    unshared: (list) => `O código de **${list}** não vale mais. As cópias feitas com ele ficam.`,
    exported: (list, tracks) => `**${list}**, com ${tracks}, está neste arquivo.`,
    empty: 'Ela está vazia. Adicione faixas com /playlist adicionar.',
  },
});
