export { startLavalink } from './server.ts';
export type { LavalinkOptions, LavalinkServer } from './server.ts';
export type { LavalinkControl, LavalinkView, PlayerView, SessionView } from './control.ts';
export type { KnownVoice, LavalinkChange, VoiceLookup } from './node.ts';
export type { FaultRequest, PlayerFault } from './faults.ts';
export { mountLavalinkControl } from './mount.ts';
