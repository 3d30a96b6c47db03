import process from 'node:process';
import { inEachLanguage } from '#infra/kernel/languages.ts';
import { command } from '../framework/command.ts';
import { accent, linked } from '../views/player-view.ts';

const says = inEachLanguage({
  en: {
    title: 'Statistics',
    started: (when: string) => `Started ${when}`,
    memory: (mib: string) => `Uses ${mib} MiB of memory`,
    arrived: (ms: string) => `Your command arrived after ${ms} ms`,
    answered: (ms: string) => `The music service answered in ${ms} ms`,
    most: (track: string, plays: string) => `Most played in this server: ${track} · ${plays}×`,
  },
  de: {
    title: 'Statistik',
    started: (when) => `Gestartet ${when}`,
    memory: (mib) => `Braucht ${mib} MiB Arbeitsspeicher`,
    arrived: (ms) => `Dein Befehl kam nach ${ms} ms an`,
    answered: (ms) => `Der Musikdienst hat in ${ms} ms geantwortet`,
    most: (track, plays) => `Auf diesem Server am meisten gelaufen: ${track} · ${plays}×`,
  },
  'es-ES': {
    title: 'Estadísticas',
    started: (when) => `Iniciado ${when}`,
    memory: (mib) => `Usa ${mib} MiB de memoria`,
    arrived: (ms) => `Tu comando ha llegado en ${ms} ms`,
    answered: (ms) => `El servicio de música ha respondido en ${ms} ms`,
    most: (track, plays) => `Lo más reproducido en este servidor: ${track} · ${plays}×`,
  },
  fr: {
    title: 'Statistiques',
    started: (when) => `Démarré ${when}`,
    memory: (mib) => `Utilise ${mib} Mio de mémoire`,
    arrived: (ms) => `Ta commande est arrivée en ${ms} ms`,
    answered: (ms) => `Le service de musique a répondu en ${ms} ms`,
    most: (track, plays) => `Le plus joué sur ce serveur : ${track} · ${plays}×`,
  },
  'pt-BR': {
    title: 'Estatísticas',
    started: (when) => `Iniciado ${when}`,
    memory: (mib) => `Usa ${mib} MiB de memória`,
    arrived: (ms) => `Seu comando chegou em ${ms} ms`,
    answered: (ms) => `O serviço de música respondeu em ${ms} ms`,
    most: (track, plays) => `O mais tocado neste servidor: ${track} · ${plays}×`,
  },
});

/** From the id of an interaction to when it was made (Discord: Snowflakes), in ms since 1970. */
const madeAtMs = (id: string): number => Number(BigInt(id) >> 22n) + 1_420_070_400_000;

export const stats = command({
  name: 'stats',
  texts: {
    en: { description: 'Show how quickly I answer, what waits here, and what has played most' },
    de: { name: 'statistik', description: 'Zeigt, wie schnell ich antworte, was hier wartet und was am meisten lief' },
    'es-ES': { name: 'estadísticas', description: 'Muestra mi rapidez, lo que espera aquí y lo que más ha sonado' },
    fr: { name: 'statistiques', description: 'Affiche ma rapidité, ce qui attend ici et ce qui a été joué le plus' },
    'pt-BR': { name: 'estatísticas', description: 'Mostra minha rapidez, o que espera aqui e o que mais tocou' },
  },
  says,
  category: 'information',
  rateLimit: { uses: 3, windowSec: 15, per: 'user' },
  options: {},
  quiet: true,
  async run({ id, player, library, on, words }) {
    const arrivedMs = Math.max(0, Date.now() - madeAtMs(id));
    const askedAtMs = performance.now();
    const { queueLength, later = 0 } = await player.read(on.guild, on.transaction);
    const answeredMs = performance.now() - askedAtMs;
    // A server may not have it counted.
    const top = await library.part(on, 'top.server', { from: 0, limit: 1 }).catch(() => undefined);
    const [most] = top?.tracks ?? [];
    const said = says[words.language];
    const { number } = words.amounts;
    const lines = [
      said.started(`<t:${Math.round(Date.now() / 1_000 - process.uptime())}:R>`),
      said.memory(number(Math.round(process.memoryUsage.rss() / 2 ** 20))),
      said.arrived(number(arrivedMs)),
      said.answered(number(Math.round(answeredMs))),
      words.pages.inQueue(queueLength + later),
      ...(most ? [said.most(`**${linked(words, most)}**`, number(most.plays ?? 1))] : []),
    ];
    return { embeds: [{ color: accent, title: said.title, description: lines.join('\n') }] };
  },
});
