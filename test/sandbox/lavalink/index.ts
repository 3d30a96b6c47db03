export { startLavalink } from './server.ts';
export type { LavalinkServer } from './server.ts';
export type { PlayerView } from './control.ts';
export type { KnownVoice, VoiceLookup } from './voice/told-links.ts';
export { mountLavalinkControl } from './mount.ts';
