export { startVoiceServer } from './server.ts';
export type { VoiceServer } from './server.ts';
export { mountVoiceControl } from './mount.ts';
export { heardIn } from './heard.ts';
export type { HeardBot } from './heard.ts';
