import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { newEnforcer, newModelFromString } from 'casbin';
import { expect, test } from 'vitest';

test('Casbin names the first matching line that denies, and the last that allows', async () => {
  const model = await readFile(path.join(import.meta.dirname, 'model.conf'), 'utf8');
  const named = async (effects: readonly string[]): Promise<readonly [boolean, string | undefined]> => {
    const enforcer = await newEnforcer(newModelFromString(model));
    for (const name of ['holds', 'from', 'during']) await enforcer.addFunction(name, () => true);
    await enforcer.addPolicies(
      effects.map((effect, index) => ['everyone', 'tenant', 'guild', 'skip', '*', '*', effect, `rule ${index}`]),
    );
    const [allowed, line] = enforcer.enforceExSync({ id: 'somebody' }, 'tenant', 'guild', 'skip', new Set(), 0);
    return [allowed, line[7]];
  };
  const relied =
    'Casbin explains its decisions by other lines: policies/compile.ts orders the lines so that the first rule of a policy is named';
  expect(await named(['deny', 'deny', 'allow']), relied).toEqual([false, 'rule 0']);
  expect(await named(['allow', 'allow']), relied).toEqual([true, 'rule 1']);
});
