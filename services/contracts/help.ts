import { z } from 'zod';

/** GET …/help: of the commands that a policy names, those that the member may use where they ask. */
export const helpSchema = z.object({ usable: z.array(z.string()) });
