import { z } from 'zod';

/** A file that a person attaches (world/acting/upload.ts). At most 500 MB, as at Discord with Nitro. */
export const uploadSchema = z.strictObject({
  filename: z.string().min(1).max(260),
  size: z.int().min(0).max(500_000_000),
  contentType: z.string().max(100).optional(),
});
