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

export const says = inEachLanguage({
  en: {
    created: (list: string) => `Created **${list}**. Add tracks to it with /playlist add.`,
    added: (what: string, list: string, length: string, most: string) =>
      `Added ${what} to **${list}** · ${length} of ${most}.`,
    removed: (track: string, list: string) => `Removed ${track} from **${list}**.`,
    renamed: (list: string) => `It is called **${list}** now.`,
    deleted: (list: string, tracks: string) => `Deleted **${list}** with ${tracks}.`,
    empty: 'It is empty. Add tracks to it with /playlist add.',
  },
  de: {
    created: (list) => `**${list}** ist angelegt. Füg mit /playlist hinzufügen Titel hinzu.`,
    added: (what, list, length, most) => `Jetzt in **${list}**: ${what} · ${length} von ${most}.`,
    removed: (track, list) => `Nicht mehr in **${list}**: ${track}.`,
    renamed: (list) => `Sie heißt jetzt **${list}**.`,
    deleted: (list, tracks) => `**${list}** mit ${tracks} ist gelöscht.`,
    empty: 'Sie ist leer. Füg mit /playlist hinzufügen Titel hinzu.',
  },
  'es-ES': {
    created: (list) => `**${list}** creada. Añade canciones con /lista añadir.`,
    added: (what, list, length, most) => `Ahora en **${list}**: ${what} · ${length} de ${most}.`,
    removed: (track, list) => `Ya no está en **${list}**: ${track}.`,
    renamed: (list) => `Ahora se llama **${list}**.`,
    deleted: (list, tracks) => `**${list}** eliminada, con ${tracks}.`,
    empty: 'Está vacía. Añade canciones con /lista añadir.',
  },
  fr: {
    created: (list) => `**${list}** est créée. Ajoute des titres avec /playlist ajouter.`,
    added: (what, list, length, most) => `Maintenant dans **${list}** : ${what} · ${length} sur ${most}.`,
    removed: (track, list) => `Retiré de **${list}** : ${track}.`,
    renamed: (list) => `Elle s’appelle maintenant **${list}**.`,
    deleted: (list, tracks) => `**${list}** est supprimée, avec ${tracks}.`,
    empty: 'Elle est vide. Ajoute des titres avec /playlist ajouter.',
  },
  'pt-BR': {
    created: (list) => `**${list}** criada. Adicione faixas com /playlist adicionar.`,
    added: (what, list, length, most) => `Agora em **${list}**: ${what} · ${length} de ${most}.`,
    removed: (track, list) => `Fora de **${list}**: ${track}.`,
    renamed: (list) => `Agora ela se chama **${list}**.`,
    deleted: (list, tracks) => `**${list}** excluída, com ${tracks}.`,
    empty: 'Ela está vazia. Adicione faixas com /playlist adicionar.',
  },
});
