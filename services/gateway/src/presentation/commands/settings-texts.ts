import { inEachLanguage, type InEachLanguage } from '#infra/kernel/languages.ts';
import type { SettingsChange } from '#services/contracts/settings.ts';
import type { Texts } from '../framework/options.ts';

/** What Discord shows of the command whose subcommands are about a server's settings. */
export const group: Texts = {
  en: { description: "This server's settings" },
  de: { name: 'einstellungen', description: 'Die Einstellungen dieses Servers' },
  'es-ES': { name: 'ajustes', description: 'Los ajustes de este servidor' },
  fr: { name: 'réglages', description: 'Les réglages de ce serveur' },
  'pt-BR': { name: 'configurações', description: 'As configurações deste servidor' },
};

export const options = {
  language: {
    en: { description: 'The language of what everybody sees' },
    de: { name: 'sprache', description: 'Die Sprache dessen, was alle sehen' },
    'es-ES': { name: 'idioma', description: 'El idioma de lo que ven todos' },
    fr: { name: 'langue', description: 'La langue de ce que tout le monde voit' },
    'pt-BR': { name: 'idioma', description: 'O idioma do que todos veem' },
  },
  volume: {
    en: { description: 'The volume to start with, 0 to 150, in percent' },
    de: { name: 'lautstärke', description: 'Die Lautstärke am Anfang, 0 bis 150, in Prozent' },
    'es-ES': { name: 'volumen', description: 'El volumen al empezar, de 0 a 150, en porcentaje' },
    fr: { name: 'volume', description: 'Le volume au départ, de 0 à 150, en pourcentage' },
    'pt-BR': { name: 'volume', description: 'O volume inicial, de 0 a 150, em porcentagem' },
  },
  leave: {
    en: { description: 'After how many minutes to leave when nobody listens or nothing plays' },
    de: { name: 'gehen', description: 'Nach wie vielen Minuten ich gehe, wenn niemand zuhört oder nichts läuft' },
    'es-ES': { name: 'salir', description: 'Tras cuántos minutos me voy si nadie escucha o no suena nada' },
    fr: { name: 'départ', description: 'Après combien de minutes partir si personne n’écoute ou si rien ne joue' },
    'pt-BR': { name: 'sair', description: 'Depois de quantos minutos sair se ninguém ouve ou nada toca' },
  },
  stay: {
    en: { description: 'Stay in the voice channel around the clock' },
    de: { name: 'bleiben', description: 'Rund um die Uhr im Sprachkanal bleiben' },
    'es-ES': { name: 'quedarse', description: 'Quedarse en el canal de voz día y noche' },
    fr: { name: 'rester', description: 'Rester dans le salon vocal jour et nuit' },
    'pt-BR': { name: 'ficar', description: 'Ficar no canal de voz dia e noite' },
  },
  announce: {
    en: { description: 'Where to show what is playing' },
    de: { name: 'ansagen', description: 'Wo gezeigt wird, was läuft' },
    'es-ES': { name: 'anuncios', description: 'Dónde mostrar lo que suena' },
    fr: { name: 'annonces', description: 'Où afficher le titre en cours' },
    'pt-BR': { name: 'anúncios', description: 'Onde mostrar o que está tocando' },
  },
  status: {
    en: { description: 'Show what is playing as the status of the voice channel' },
    de: { name: 'status', description: 'Zeigt als Status des Sprachkanals, was läuft' },
    'es-ES': { name: 'estado', description: 'Mostrar lo que suena como estado del canal de voz' },
    fr: { name: 'statut', description: 'Afficher le titre en cours comme statut du salon vocal' },
    'pt-BR': { name: 'status', description: 'Mostrar o que está tocando como status do canal de voz' },
  },
} as const satisfies Readonly<Record<keyof SettingsChange, Texts>>;

export const byDiscord: InEachLanguage<string> = {
  en: "The server's language at Discord",
  de: 'Die Sprache des Servers bei Discord',
  'es-ES': 'El idioma del servidor en Discord',
  fr: 'La langue du serveur sur Discord',
  'pt-BR': 'O idioma do servidor no Discord',
};

export const places = {
  requested: {
    en: 'Where music was requested',
    de: 'Wo Musik gewünscht wurde',
    'es-ES': 'Donde se pidió la música',
    fr: 'Là où la musique a été demandée',
    'pt-BR': 'Onde a música foi pedida',
  },
  here: {
    en: 'In this channel',
    de: 'In diesem Kanal',
    'es-ES': 'En este canal',
    fr: 'Dans ce salon',
    'pt-BR': 'Neste canal',
  },
  off: { en: 'Nowhere', de: 'Nirgends', 'es-ES': 'En ningún sitio', fr: 'Nulle part', 'pt-BR': 'Em lugar nenhum' },
} as const satisfies Readonly<Record<string, InEachLanguage<string>>>;

export const says = inEachLanguage({
  en: {
    title: 'Settings of this server',
    language: 'Language',
    volume: 'Volume at the start',
    asBefore: 'As it was before',
    leave: 'Leaves',
    leaveByDefault: 'After a minute without listeners, or five without music',
    leaveAfter: (length: string) => `After ${length} without listeners or music`,
    stays: 'Never: it stays around the clock',
    announce: 'Shows what is playing',
    status: 'Status of the voice channel',
    shown: 'What is playing',
    hidden: 'Left alone',
    unnamed: 'Name at least one setting to change. /settings show shows them.',
  },
  de: {
    title: 'Einstellungen dieses Servers',
    language: 'Sprache',
    volume: 'Lautstärke am Anfang',
    asBefore: 'Wie zuvor',
    leave: 'Geht',
    leaveByDefault: 'Nach einer Minute ohne Zuhörer oder fünf ohne Musik',
    leaveAfter: (length) => `Nach ${length} ohne Zuhörer oder Musik`,
    stays: 'Nie: bleibt rund um die Uhr',
    announce: 'Zeigt, was läuft',
    status: 'Status des Sprachkanals',
    shown: 'Was läuft',
    hidden: 'Bleibt, wie er ist',
    unnamed: 'Nenne mindestens eine Einstellung. /einstellungen zeigen zeigt sie dir.',
  },
  'es-ES': {
    title: 'Ajustes de este servidor',
    language: 'Idioma',
    volume: 'Volumen al empezar',
    asBefore: 'Como estaba antes',
    leave: 'Se va',
    leaveByDefault: 'Tras un minuto sin oyentes o cinco sin música',
    leaveAfter: (length) => `Tras ${length} sin oyentes o sin música`,
    stays: 'Nunca: se queda día y noche',
    announce: 'Muestra lo que suena',
    status: 'Estado del canal de voz',
    shown: 'Lo que suena',
    hidden: 'No se toca',
    unnamed: 'Indica al menos un ajuste. /ajustes mostrar te los enseña.',
  },
  fr: {
    title: 'Réglages de ce serveur',
    language: 'Langue',
    volume: 'Volume au départ',
    asBefore: 'Comme avant',
    leave: 'Départ',
    leaveByDefault: 'Après une minute sans auditeur ou cinq sans musique',
    leaveAfter: (length) => `Après ${length} sans auditeur ou sans musique`,
    stays: 'Jamais : il reste jour et nuit',
    announce: 'Affiche le titre en cours',
    status: 'Statut du salon vocal',
    shown: 'Le titre en cours',
    hidden: 'Laissé tel quel',
    unnamed: 'Indique au moins un réglage. /réglages afficher les montre.',
  },
  'pt-BR': {
    title: 'Configurações deste servidor',
    language: 'Idioma',
    volume: 'Volume inicial',
    asBefore: 'Como estava antes',
    leave: 'Sai',
    leaveByDefault: 'Depois de um minuto sem ouvintes ou cinco sem música',
    leaveAfter: (length) => `Depois de ${length} sem ouvintes ou sem música`,
    stays: 'Nunca: fica dia e noite',
    announce: 'Mostra o que está tocando',
    status: 'Status do canal de voz',
    shown: 'O que está tocando',
    hidden: 'Fica como está',
    unnamed: 'Indique pelo menos uma configuração. /configurações mostrar as exibe.',
  },
});
