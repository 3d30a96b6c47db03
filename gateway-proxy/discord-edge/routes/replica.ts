import type { FastifyRequest } from 'fastify';
import { heldElsewhere } from '#infra/leases/lease.ts';

/** Of what belongs to one of several edges. @throws lease.elsewhere: the call names another one, which is gone */
export function mustBe(replica: string, { params }: Pick<FastifyRequest, 'params'>): void {
  if ((params as { replica?: string }).replica !== replica) throw heldElsewhere();
}
