def sub(f, *pairs):
    s=open(f).read()
    for a,b in pairs:
        assert a in s, (f,a)
        s=s.replace(a,b,1)
    open(f,'w').write(s)
V='services/gateway/src/presentation/views/player-view.ts'
sub(V,
("    button('bw:skip', 'Skip',","    button('bw:previous', 'Previous', '⏮️', ButtonStyle.Secondary),\n    button('bw:skip', 'Skip',"),
("      { name: 'Volume', value: `${player.volume} %`, inline: true },\n","      { name: 'Volume', value: `${player.volume} %`, inline: true },\n      ...(player.loop === 'off' ? [] : [{ name: 'Loop', value: loops[player.loop], inline: true }]),\n"),
("function idleView(","const loops = { track: 'This track', queue: 'The queue' } as const;\n\nfunction idleView("),
("""      button(`bw:queue:${shown - 1}:${turnsPage}`, 'Back', undefined, ButtonStyle.Secondary, shown <= 1),
      button(`bw:queue:${shown + 1}:${turnsPage}`, 'Next', undefined, ButtonStyle.Secondary, shown >= pages),
""","""      // Custom ids in a message differ, also where two buttons lead to the same page.
      button(`bw:queue:1:${turnsPage}:first`, 'First', undefined, ButtonStyle.Secondary, shown <= 1),
      button(`bw:queue:${shown - 1}:${turnsPage}`, 'Back', undefined, ButtonStyle.Secondary, shown <= 1),
      button(`bw:queue:${shown + 1}:${turnsPage}`, 'Next', undefined, ButtonStyle.Secondary, shown >= pages),
      button(`bw:queue:${pages}:${turnsPage}:last`, 'Last', undefined, ButtonStyle.Secondary, shown >= pages),
"""))
sub('services/gateway/src/presentation/bot.test.ts',("  expect(second.message?.id).toBe(first.message?.id);\n});","""  expect(second.message?.id).toBe(first.message?.id);
  const last = pressButton(sandbox.world, seat(max), {
    messageId: first.message?.id ?? '',
    customId: 'bw:queue:3:turn:last',
  });
  expect(JSON.stringify((await seen(last.id)).embeds)).toContain('Song 25');
});"""))
sub('services/audio/src/domain/queue-order.test.ts',("test('skips to a position,","""test('adds before all that waits, or plays at once and keeps the interrupted track in the history', () => {
  const session = playing('a', 'b', 'c');
  const more = [entry('x'), entry('y')];
  expect(names(enqueue(session, more, channels, 10, 'next').session)).toBe('a x y b c');
  const now = enqueue({ ...session, paused: true }, more, channels, 10, 'now');
  expect([names(now.session), past(now.session), now.session.paused]).toEqual(['x y b c', 'a', false]);
  expect(enqueue(session, [], channels, 10, 'now')).toMatchObject({ effects: [], added: [] });
});

test('skips to a position,"""))
E='test/e2e/command-rows.ts'
s=open(E).read()
s+="""
/** The buttons of the now-playing message and the queue, which count as their commands. */
export const buttonRows = {
  'bw:pause': { success: success(/^Paused/, { then: (p) => p.state === 'paused' }), forbidden: forbidden(), wrongState: outside() },
  'bw:previous': {
    success: success(/Harbour Lights/, { given: 'second', then: is('Harbour Salt Slow Paper') }),
    forbidden: forbidden(),
    wrongState: refused(/Nothing has played before/),
  },
  'bw:skip': { success: success(/^Skipped.*Salt/, { then: is('Salt Slow Paper') }), forbidden: forbidden(), wrongState: outside() },
  'bw:stop': { success: success(/^Stopped/, { then: (p) => p.current === null }), forbidden: forbidden(), wrongState: outside() },
  'bw:queue:1': {
    success: success(/Slow Ferry Home/, { quietly: true }),
    forbidden: forbidden(),
    wrongState: success(/The queue is empty/, { given: 'alone', quietly: true }),
  },
} as const satisfies Readonly<Record<string, Omit<Rows, 'invalid'>>>;
"""
open(E,'w').write(s)
T='test/e2e/commands.test.ts'
sub(T,("async function holds(command: CommandName, row: Row): Promise<void> {\n  await given(row.given);\n  const before = await read();\n  const outcome = await use(people[row.who], command, row);",
"""type Use = (person: Person, row: Row) => Promise<Outcome | string>;

async function holds(row: Row, use: Use): Promise<void> {
  await given(row.given);
  const before = await read();
  const outcome = await use(people[row.who], row);"""),
("const use = (person: Person, command: CommandName, { options }: Row): Promise<Outcome | string> =>\n  person","const typing =\n  (command: CommandName): Use =>\n  (person, { options }) =>\n  person"),
("holds(command, row), 30_000","holds(row, typing(command)), 30_000"),
("commandRows, type Given","buttonRows, commandRows, type Given"))
s=open(T).read()
s+="""
/** The buttons are there as soon as the message of the track that plays is. */
const pressing =
  (customId: string): Use =>
  async (person) => {
    const { current } = await read();
    await eventually('the now-playing message is there', async () =>
      (await person.messages()).some(
        (message) =>
          buttonsOf(message).includes(customId) && JSON.stringify(message.embeds).includes(current?.title ?? ''),
      ),
    );
    return person.press(customId);
  };

describe.each(Object.entries(buttonRows))('the button %s', (customId, rows) => {
  test.each(Object.entries(rows))('%s', (_name, row: Row) => holds(row, pressing(customId)), 30_000);
});

test('covers every button of the now-playing message', async () => {
  await given('playing');
  await pressing('bw:skip')(people.denied, commandRows.skip.forbidden);
  const shown = (await people.listener.messages()).findLast((message) => buttonsOf(message).includes('bw:skip'));
  expect(shown && buttonsOf(shown).toSorted()).toEqual(Object.keys(buttonRows).toSorted());
});
"""
s=s.replace("import { textOf, type Outcome","import { buttonsOf, textOf, type Outcome")
open(T,'w').write(s)
