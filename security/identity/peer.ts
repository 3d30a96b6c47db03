import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Clock } from '#infra/kernel/clock.ts';
import type { InstallationId } from '#infra/kernel/ids.ts';
import { parseSpiffeId, type Workload } from './spiffe.ts';

/** A certificate is valid from this long before it was issued, for clocks that are behind. */
export const certificateBackdatingMs = 60_000;

/** The other end of a TLS connection, by the certificate whose key it has proved to hold. */
export interface Peer {
  readonly workload: Workload;
  readonly spiffeId: string;
  /** SHA-256 of the certificate's DER in base64url (RFC 8705, 3.1). */
  readonly thumbprint: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
}

/** The x5t#S256 of a certificate (RFC 8705, 3.1). */
export const thumbprintOf = (certificate: X509Certificate): string =>
  Buffer.from(certificate.fingerprint256.replaceAll(':', ''), 'hex').toString('base64url');

/** True for a certificate whose only name is this SPIFFE id. */
export const isCertificateOf = (certificatePem: string, id: string): boolean =>
  new X509Certificate(certificatePem).subjectAltName === `URI:${id}`;

/** When one of this installation's certificates was issued, in milliseconds since the epoch. */
export const issuedAtOf = (certificatePem: string): number =>
  new X509Certificate(certificatePem).validFromDate.getTime() + certificateBackdatingMs;

/**
 * Reads an X509-SVID (spiffe standards/X509-SVID.md, 2 and 4.1): exactly one subject alternative name, a URI that is a
 * SPIFFE id of this installation, and not a certificate authority. The chain must already be verified.
 */
export function readCertificate(certificate: X509Certificate, installation: InstallationId): Peer | undefined {
  const names = certificate.subjectAltName;
  if (certificate.ca || !names?.startsWith('URI:')) return undefined;
  const id = names.slice('URI:'.length);
  const workload = parseSpiffeId(id, installation);
  if (!workload) return undefined;
  return {
    workload,
    spiffeId: id,
    thumbprint: thumbprintOf(certificate),
    issuedAtMs: certificate.validFromDate.getTime() + certificateBackdatingMs,
    expiresAtMs: certificate.validToDate.getTime(),
  };
}

/**
 * The peer of a connection; undefined if no certificate was verified on it, the certificate is not one of this
 * installation, or it has expired while the connection was open. A connection's certificate is read once.
 */
export function peerReader(installation: InstallationId, clock: Clock): (socket: Socket) => Peer | undefined {
  const peers = new WeakMap<Socket, Peer | false>();
  const read = (socket: Socket): Peer | false => {
    if (!(socket instanceof TLSSocket) || !socket.authorized) return false;
    const certificate = socket.getPeerX509Certificate();
    return (certificate && readCertificate(certificate, installation)) ?? false;
  };
  return (socket) => {
    let peer = peers.get(socket);
    if (peer === undefined) {
      peer = read(socket);
      peers.set(socket, peer);
    }
    return peer && peer.expiresAtMs > clock.now() ? peer : undefined;
  };
}
