import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { isPublicAddress, mayBeAsked, publicLookup } from './public-address.ts';

describe('an address', () => {
  test.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '2a00:1450:4001::8a'])(
    'of the public internet is accepted: %s',
    (address) => expect(isPublicAddress(address)).toBe(true),
  );
  test.each(
    [
      '127.0.0.1 10.1.2.3 172.16.0.1 172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 0.0.0.0 255.255.255.255',
      '224.0.0.1 198.18.0.1 ::1 :: fe80::1 fc00::1 fd12:3456::1 ::ffff:10.0.0.1 64:ff9b::a00:1 2002:a00:1::',
      '2001:db8::1 ff02::1 vault.example.com 8.8.8.8.8',
    ].flatMap((line) => line.split(' ')),
  )('of this machine or a private network is refused: %s', (address) => expect(isPublicAddress(address)).toBe(false));
});

test('a host may be asked if it is a name, a public address, or one that the operator allows', () => {
  const asked = (url: string, allowed: readonly string[] = []) => mayBeAsked(new URL(url), allowed);
  expect(asked('https://vault.example.com')).toBe(true);
  expect(asked('https://8.8.8.8')).toBe(true);
  expect(asked('https://10.0.0.1')).toBe(false);
  expect(asked('https://10.0.0.1', ['10.0.0.1'])).toBe(true);
  // Other ways of writing 127.0.0.1 and ::1.
  for (const host of ['2130706433', '0x7f.1', '127.1', '[::1]', '[::ffff:127.0.0.1]'])
    expect(asked(`https://${host}`)).toBe(false);
});

describe('a name', () => {
  const resolve = (allowed: readonly string[], all = false, nameServers?: readonly string[]) =>
    promisify((name: string, back: (error: Error | null, address: unknown) => void) =>
      publicLookup(allowed, nameServers)(name, { all }, (error, address) => back(error, address)),
    );

  test('of a private address is not resolved, whichever way it is asked for', async () => {
    await expect(resolve([])('localhost')).rejects.toThrow('not on the public internet');
    await expect(resolve([], true)('localhost')).rejects.toThrow('not on the public internet');
    await expect(resolve(['local'])('localhost')).rejects.toThrow('not on the public internet');
  });

  test('is not resolved by the threads of the process, and by no server that does not answer for long', async () => {
    // A name server that hears questions and answers none: the system's resolver would wait with a thread for it.
    const silent = createSocket('udp4');
    await using _closed = { [Symbol.asyncDispose]: async () => void silent.close() };
    silent.bind(0, '127.0.0.1');
    await once(silent, 'listening');
    const asked = resolve([], false, [`127.0.0.1:${silent.address().port}`]);
    const beganMs = performance.now();
    const names = Array.from({ length: 20 }, (_, index) => asked(`slow-${index}.example.com`));
    // Files are read by the same threads; with one of four for each name, this would wait for all of them.
    await readFile(import.meta.filename);
    expect(performance.now() - beganMs).toBeLessThan(1_000);
    for (const { status } of await Promise.allSettled(names)) expect(status).toBe('rejected');
    expect(performance.now() - beganMs).toBeLessThan(15_000);
  });

  test('that leads to a private address is refused, also if another of its addresses is public', async () => {
    let addresses = ['8.8.8.8', '10.0.0.1'];
    const server = createSocket('udp4');
    await using _closed = { [Symbol.asyncDispose]: async () => void server.close() };
    server.on('message', (question, { port }) => server.send(answerTo(question, addresses), port));
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    const asked = resolve([], false, [`127.0.0.1:${server.address().port}`]);
    await expect(asked('rebound.example.com')).rejects.toThrow('not on the public internet');
    addresses = ['8.8.8.8'];
    expect(await asked('public.example.com')).toBe('8.8.8.8');
  });

  test('that the operator allows is resolved', async () => {
    expect(await resolve(['localhost'])('localhost')).toMatch(/^(?:127\.0\.0\.1|::1)$/);
  });
});

/** A DNS response (RFC 1035, 4) with these addresses to a question for type A, and with none to any other. */
function answerTo(question: Buffer, addresses: readonly string[]): Buffer {
  const end = question.indexOf(0, 12) + 5;
  const asked = question.subarray(12, end);
  const given = asked.readUInt16BE(asked.length - 4) === 1 ? addresses : [];
  const header = Buffer.from(question.subarray(0, 12));
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(given.length, 6);
  header.fill(0, 8);
  // A pointer to the name in the question, type A, class IN, 60 s, 4 bytes.
  const records = given.map((address) =>
    Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]),
  );
  return Buffer.concat([header, asked, ...records]);
}
