import { z } from 'zod';

/** PEM of authorities' certificates; a private key pasted with them is refused. */
export const trustPemSchema = z
  .string()
  .max(200_000)
  .refine((pem) => pem.includes('BEGIN CERTIFICATE') && !pem.includes('PRIVATE KEY'), 'must be a PEM certificate');

/** Hosts that may be in a private network, where any other has to be on the public internet. */
export const privateHostsSchema = z
  .array(
    z
      .string()
      .toLowerCase()
      .regex(/^[a-z0-9][a-z0-9.:-]{0,252}$/, 'must be a host name or an address'),
  )
  .max(50)
  .default([]);
