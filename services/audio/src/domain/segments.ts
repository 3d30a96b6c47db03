import type { Skippable } from '#services/contracts/settings.ts';

const advertising = ['sponsor', 'selfpromo', 'interaction'];
const other = ['intro', 'outro', 'preview', 'music_offtopic', 'filler'];

/** SponsorBlock's categories that a server leaves out (topi314/Sponsorblock-Plugin README, "Segment Categories"). */
export const categoriesOf: Readonly<Record<Skippable, readonly string[]>> = {
  off: [],
  sponsors: advertising,
  all: [...advertising, ...other],
};
