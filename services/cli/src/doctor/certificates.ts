import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { certificateBackdatingMs } from '#security/identity/peer.ts';
import { fault, ok, warning, type Finding } from './finding.ts';

const about = 'certificates';
const timeoutMs = 5_000;
/** A certificate is renewed halfway through its life. */
const overduePart = 1 / 6;

/** What is known about the expected issuer and subject of a certificate. */
export interface Expected {
  /** Every authority of the installation, PEM; absent if the database could not be queried. */
  readonly authorities?: readonly string[];
  /** The installation's name, in the SPIFFE id. */
  readonly installation: string;
}

/**
 * The certificate that gateway-proxy serves on its mTLS listener; a client sees it before it has to present its own.
 */
export async function checkServedCertificate(port: number, expected: Expected, nowMs: number): Promise<Finding[]> {
  const shown = await certificateAt(port);
  const served =
    typeof shown === 'string'
      ? fault(about, `gateway-proxy presents none on port ${port}: ${shown}`, 'look at logs/gateway-proxy.log')
      : certificateFinding(shown, expected, nowMs);
  return [served, ...checkAuthorities(expected.authorities ?? [], nowMs)];
}

/** Whether a certificate is gateway-proxy's, and whether renewal is working. */
export function certificateFinding(certificate: X509Certificate, expected: Expected, nowMs: number): Finding {
  const { validFromDate, validToDate, subjectAltName } = certificate;
  const name = subjectAltName?.replace(/^URI:/, '') ?? 'nobody';
  const wanted = `spiffe://${expected.installation}/svc/gateway-proxy`;
  const leftMs = validToDate.getTime() - nowMs;
  if (name !== wanted)
    return fault(about, `${name} answers where ${wanted} should`, 'stop the program that listens there');
  if (expected.authorities && !expected.authorities.some((pem) => isIssuedBy(certificate, pem)))
    return fault(
      about,
      `${name}'s was issued by another authority than this installation's`,
      'stop the program that listens there',
    );
  if (validFromDate.getTime() > nowMs)
    return fault(about, `${name}'s is not valid yet (from ${validFromDate.toISOString()})`, 'set the clock');
  if (leftMs <= 0)
    return fault(about, `${name}'s expired at ${validToDate.toISOString()}`, 'look at the token service, then restart');
  const left = `${Math.round(leftMs / 60_000)} min left`;
  if (leftMs < (validToDate.getTime() - validFromDate.getTime() - certificateBackdatingMs) * overduePart)
    return warning(about, `${name}'s was not renewed in time: ${left}`, 'look at the token service and its log');
  return ok(about, `${name}: ${left}, renewed at half life`);
}

function isIssuedBy(certificate: X509Certificate, authorityPem: string): boolean {
  const authority = new X509Certificate(authorityPem);
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

const dayMs = 24 * 60 * 60_000;
/** The next authority is published two certificate lifetimes before the last one stops issuing. */
const soonMs = 60 * 60_000;

/** The authorities themselves: one has to be valid now, and one in an hour. */
export function checkAuthorities(pems: readonly string[], nowMs: number): Finding[] {
  if (pems.length === 0) return [];
  const certificates = pems.map((pem) => new X509Certificate(pem));
  const validAt = (ms: number) =>
    certificates.some(({ validFromDate, validToDate }) => validFromDate.getTime() <= ms && ms < validToDate.getTime());
  const last = new Date(Math.max(...certificates.map(({ validToDate }) => validToDate.getTime())));
  const fix = 'look at logs/token-service.log: it creates the next authority on its own';
  if (!validAt(nowMs)) return [fault(about, `no authority is valid now (until ${last.toISOString()})`, fix)];
  if (!validAt(nowMs + soonMs)) return [warning(about, `no authority is valid after ${last.toISOString()}`, fix)];
  return [ok(about, `the authority is valid for ${Math.floor((last.getTime() - nowMs) / dayMs)} days`)];
}

function certificateAt(port: number): Promise<X509Certificate | string> {
  return new Promise((resolve) => {
    // The certificate is inspected, not trusted: nothing is sent, and its subject is what the check is about.
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, minVersion: 'TLSv1.3' });
    const done = (result: X509Certificate | string) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(timeoutMs, () => done('it does not answer'));
    socket.on('error', (error) => done(error.message));
    socket.once('secureConnect', () => done(socket.getPeerX509Certificate() ?? 'it presents none'));
  });
}
