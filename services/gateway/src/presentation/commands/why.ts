import { inEachLanguage } from '#infra/kernel/languages.ts';
import { usableBy } from '#policies/commands.ts';
import { featuresOf } from '#policies/features.ts';
import type { Help } from '#services/contracts/help.ts';
import { command, nameIn, type Command } from '../framework/command.ts';
import { text } from '../framework/options.ts';
import type { Words } from '../language/en.ts';
import { plain } from '../views/text.ts';

const says = inEachLanguage({
  en: {
    allowed: (name: string) => `You may use ${name} here. If it still refuses, its answer says why.`,
    byRule: (name: string, rule: string) =>
      `You may not use ${name} here: the rule “${rule}” of this server denies it.`,
    byNone: (name: string) => `You may not use ${name} here: no rule of this server allows it to you.`,
    change: 'An admin can change the rules.',
    unknown: 'There is no such command. Choose one of those that are suggested.',
  },
  de: {
    allowed: (name) => `Du darfst ${name} hier benutzen. Geht es trotzdem nicht, sagt die Antwort, warum.`,
    byRule: (name, rule) => `Du darfst ${name} hier nicht benutzen: Die Regel „${rule}“ dieses Servers verbietet es.`,
    byNone: (name) => `Du darfst ${name} hier nicht benutzen: Keine Regel dieses Servers erlaubt es dir.`,
    change: 'Ein Admin kann die Regeln ändern.',
    unknown: 'Diesen Befehl gibt es nicht. Nimm einen der vorgeschlagenen.',
  },
  'es-ES': {
    allowed: (name) => `Puedes usar ${name} aquí. Si aun así no funciona, la respuesta dice por qué.`,
    byRule: (name, rule) => `No puedes usar ${name} aquí: la regla «${rule}» de este servidor lo prohíbe.`,
    byNone: (name) => `No puedes usar ${name} aquí: ninguna regla de este servidor te lo permite.`,
    change: 'Un admin puede cambiar las reglas.',
    unknown: 'No existe ese comando. Elige uno de los sugeridos.',
  },
  fr: {
    allowed: (name) => `Tu peux utiliser ${name} ici. Si cela échoue quand même, la réponse dit pourquoi.`,
    byRule: (name, rule) => `Tu ne peux pas utiliser ${name} ici : la règle « ${rule} » de ce serveur l’interdit.`,
    byNone: (name) => `Tu ne peux pas utiliser ${name} ici : aucune règle de ce serveur ne te le permet.`,
    change: 'Un admin peut changer les règles.',
    unknown: 'Cette commande n’existe pas. Choisis-en une parmi les suggestions.',
  },
  'pt-BR': {
    allowed: (name) => `Você pode usar ${name} aqui. Se mesmo assim não der certo, a resposta diz por quê.`,
    byRule: (name, rule) => `Você não pode usar ${name} aqui: a regra “${rule}” deste servidor proíbe.`,
    byNone: (name) => `Você não pode usar ${name} aqui: nenhuma regra deste servidor permite isso a você.`,
    change: 'Um admin pode mudar as regras.',
    unknown: 'Esse comando não existe. Escolha um dos sugeridos.',
  },
});

export const why = command({
  name: 'why',
  texts: {
    en: { description: 'Explain why you may not use a command here' },
    de: { name: 'warum', description: 'Erklärt, warum du einen Befehl hier nicht benutzen darfst' },
    'es-ES': { name: 'por-qué', description: 'Explica por qué no puedes usar un comando aquí' },
    fr: { name: 'pourquoi', description: 'Explique pourquoi tu ne peux pas utiliser une commande ici' },
    'pt-BR': { name: 'por-quê', description: 'Explica por que você não pode usar um comando aqui' },
  },
  says,
  category: 'information',
  rateLimit: { uses: 5, windowSec: 15, per: 'user' },
  options: {
    command: text({
      texts: {
        en: { description: 'The command' },
        de: { name: 'befehl', description: 'Der Befehl' },
        'es-ES': { name: 'comando', description: 'El comando' },
        fr: { name: 'commande', description: 'La commande' },
        'pt-BR': { name: 'comando', description: 'O comando' },
      },
      maxLength: 65,
      complete: true,
      required: true,
    }),
  },
  quiet: true,
  run: async ({ player, on, commands, options, words }) => {
    const asked = named(commands, words, options.command);
    if (!asked) return { content: says[words.language].unknown, refused: true };
    return { content: explained(words, asked, await player.help(on)) };
  },
  complete: async ({ commands, ownWords }, typed) =>
    commands
      .map((each) => ({ name: `/${nameIn(each, ownWords.language)}`, value: each.name }))
      .filter(({ name }) => name.includes(bare(typed))),
});

const bare = (typed: string): string => typed.trim().replace(/^\//, '').toLowerCase();

/** By the name that everybody types, or the one in the member's language. */
const named = (commands: readonly Command[], { language }: Words, typed: string): Command | undefined =>
  commands.find((each) => each.name === bare(typed) || nameIn(each, language) === bare(typed));

/** The first of the rulings that a command needs and the member does not have. */
function explained(words: Words, asked: Command, { usable, denied, off }: Help): string {
  if (featuresOf(asked.name).some((feature) => off.includes(feature))) return words.refusals['feature.off'];
  const { allowed, byRule, byNone, change } = says[words.language];
  const bareName = nameIn(asked, words.language);
  const name = `\`/${bareName}\``;
  const missing = usableBy(asked.name).find((ruling) => !usable.includes(ruling));
  if (missing === undefined) return allowed(name);
  const denial = denied.find(({ command: ruling }) => ruling === missing);
  if (denial?.by === 'djs') return words.onlyDjs(bareName);
  if (denial?.by === 'managers') return words.onlyManagers(bareName);
  const sentence = denial?.rule === undefined ? byNone(name) : byRule(name, plain(denial.rule, 64, ''));
  return `${sentence} ${change}`;
}
