import { languages, type InEachLanguage, type Language } from '#infra/kernel/languages.ts';
import { mostWaiting, type GuildSettings } from '#services/contracts/settings.ts';
import { command } from '../framework/command.ts';
import { choice, integer, yes } from '../framework/options.ts';
import type { Words } from '../language/en.ts';
import { accent, type View } from '../views/player-view.ts';
import { byDiscord, group, noFilter, options as texts, places, requests, says, segments } from './settings-texts.ts';
import { presets } from './shared-options.ts';

const shared = { group, says, category: 'server', rateLimit: { uses: 5, windowSec: 30, per: 'user' } } as const;

/** As each calls itself, so that whoever speaks it finds it. */
const languageNames: Readonly<Record<Language, string>> = {
  en: 'English',
  de: 'Deutsch',
  'es-ES': 'Español',
  fr: 'Français',
  'pt-BR': 'Português do Brasil',
};
const languageChoices = Object.fromEntries(
  languages.map((named) => [named, Object.fromEntries(languages.map((language) => [language, languageNames[named]]))]),
) as Readonly<Record<Language, InEachLanguage<string>>>;

export const settingsShow = command({
  name: 'settings show',
  texts: {
    en: { description: 'Show the settings of this server' },
    de: { name: 'zeigen', description: 'Zeigt die Einstellungen dieses Servers' },
    'es-ES': { name: 'mostrar', description: 'Muestra los ajustes de este servidor' },
    fr: { name: 'afficher', description: 'Affiche les réglages de ce serveur' },
    'pt-BR': { name: 'mostrar', description: 'Mostra as configurações deste servidor' },
  },
  ...shared,
  options: {},
  quiet: true,
  run: async ({ player, on, words }) => settingsView(words, await player.readSettings(on)),
});

export const settingsChange = command({
  name: 'settings change',
  texts: {
    en: { description: 'Change the settings of this server' },
    de: { name: 'ändern', description: 'Ändert die Einstellungen dieses Servers' },
    'es-ES': { name: 'cambiar', description: 'Cambia los ajustes de este servidor' },
    fr: { name: 'modifier', description: 'Modifie les réglages de ce serveur' },
    'pt-BR': { name: 'mudar', description: 'Muda as configurações deste servidor' },
  },
  ...shared,
  options: {
    language: choice({
      texts: texts.language,
      choices: { ...languageChoices, server: byDiscord },
      required: false,
    }),
    volume: integer({ texts: texts.volume, min: 0, max: 150, required: false }),
    filter: choice({ texts: texts.filter, choices: { ...presets, off: noFilter }, required: false }),
    leave: integer({ texts: texts.leave, min: 1, max: 1_440, required: false }),
    stay: yes({ texts: texts.stay, required: false }),
    announce: choice({ texts: texts.announce, choices: places, required: false }),
    fair: yes({ texts: texts.fair, required: false }),
    queue: integer({ texts: texts.queue, min: 1, max: mostWaiting, required: false }),
    status: yes({ texts: texts.status, required: false }),
    segments: choice({ texts: texts.segments, choices: segments, required: false }),
    requests: choice({ texts: texts.requests, choices: requests, required: false }),
  },
  quiet: true,
  run: async ({ player, on, options, words }) => {
    const named = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
    if (Object.keys(named).length === 0) return { content: says[words.language].unnamed, refused: true };
    return settingsView(words, await player.changeSettings(on, named));
  },
});

function settingsView({ language, amounts, tracks }: Words, settings: GuildSettings): View {
  const said = says[language];
  const { volume, leaveAfterSec, stay, announce, announceIn, fair, queueLimit, voiceStatus, skipSegments } = settings;
  const { requestChannel, startFilter } = settings;
  const leaves = leaveAfterSec === null ? said.leaveByDefault : said.leaveAfter(amounts.length(leaveAfterSec));
  const place = announceIn === null ? places.requested[language] : `<#${announceIn}>`;
  const lines = [
    [said.language, settings.language === null ? byDiscord[language] : languageNames[settings.language]],
    [said.volume, volume === null ? said.asBefore : amounts.percent(volume)],
    [said.filter, (startFilter === null ? noFilter : presets[startFilter])[language]],
    [said.leave, stay ? said.stays : leaves],
    [said.announce, announce ? place : places.off[language]],
    [said.queue, `${fair ? said.inTurn : said.inOrder}. ${said.atMost(tracks(queueLimit ?? mostWaiting))}`],
    [said.status, voiceStatus ? said.shown : said.hidden],
    [said.leftOut, segments[skipSegments][language]],
    [said.requests, requestChannel === null ? requests.off[language] : `<#${requestChannel}>`],
  ];
  const description = lines.map(([name, value]) => `**${name}** · ${value}`).join('\n');
  return { embeds: [{ color: accent, title: said.title, description }], components: [] };
}
