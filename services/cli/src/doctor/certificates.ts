import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { fault, ok, warning, type Finding } from './finding.ts';

const about = 'certificates';
const timeoutMs = 5_000;
/** A certificate lives an hour and is renewed at half of it. */
const overdueMs = 10 * 60_000;

/** What gateway-proxy shows on its mTLS listener: a client sees it before it is asked for a certificate of its own. */
export async function checkServedCertificate(port: number, nowMs: number): Promise<Finding> {
  const shown = await certificateAt(port);
  if (typeof shown === 'string')
    return fault(about, `gateway-proxy shows none at port ${port}: ${shown}`, 'look at logs/gateway-proxy.log');
  return certificateFinding(shown, nowMs);
}

/** What one certificate says about how renewal goes. */
export function certificateFinding(certificate: X509Certificate, nowMs: number): Finding {
  const { validFromDate, validToDate, subjectAltName } = certificate;
  const name = subjectAltName?.replace(/^URI:/, '') ?? 'nobody';
  const leftMs = validToDate.getTime() - nowMs;
  if (validFromDate.getTime() > nowMs)
    return fault(about, `${name}'s is not valid yet (from ${validFromDate.toISOString()})`, 'set the clock');
  if (leftMs <= 0)
    return fault(about, `${name}'s expired at ${validToDate.toISOString()}`, 'look at the token service, then restart');
  const left = `${Math.round(leftMs / 60_000)} min left`;
  if (leftMs < overdueMs)
    return warning(about, `${name}'s was not renewed in time: ${left}`, 'look at the token service and its log');
  return ok(about, `${name}: ${left}, renewed at half life`);
}

function certificateAt(port: number): Promise<X509Certificate | string> {
  return new Promise((resolve) => {
    // Looked at, not trusted: nothing is sent, and whom it names is what is asked.
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, minVersion: 'TLSv1.3' });
    const done = (result: X509Certificate | string) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(timeoutMs, () => done('it does not answer'));
    socket.once('error', (error) => done(error.message));
    socket.once('secureConnect', () => done(socket.getPeerX509Certificate() ?? 'it shows none'));
  });
}
