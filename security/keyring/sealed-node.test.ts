import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { openNode, sealingKeyOf, sealNode } from './sealed-node.ts';

const opening = randomBytes(32).toString('base64');
const sealing = sealingKeyOf(opening);
const node = { id: 'oslo', url: 'https://oslo.example.com', password: 'a-password-of-a-node' };

test('is opened by the key of the proxies, and by no other, not even the one that sealed it', async () => {
  const sealed = await sealNode(node, sealing);
  expect(sealed).not.toContain(Buffer.from(node.password).toString('base64url'));
  expect(await openNode(sealed, 'oslo', opening)).toEqual(node);
  for (const key of [sealing, randomBytes(32).toString('base64')])
    await expect(openNode(sealed, 'oslo', key)).rejects.toMatchObject({ code: 'node.sealed' });
});

test('is not opened for another node, nor after a change', async () => {
  const sealed = await sealNode(node, sealing);
  await expect(openNode(sealed, 'bergen', opening)).rejects.toMatchObject({ code: 'node.sealed' });
  const parts = sealed.split('.');
  for (const changed of parts.keys()) {
    const edited = parts.map((part, at) =>
      at === changed ? `${part.startsWith('A') ? 'B' : 'A'}${part.slice(1)}` : part,
    );
    await expect(openNode(edited.join('.'), 'oslo', opening)).rejects.toMatchObject({ code: 'node.sealed' });
  }
});
