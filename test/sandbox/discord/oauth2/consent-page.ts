import type { World } from '../../world/world.ts';
import { mayInstall } from './authorization-request.ts';
import type { AuthorizationRequest } from './authorization-request.ts';

const meanings: Record<string, string> = {
  identify: 'Know your name and picture',
  email: 'Know your email address',
  guilds: 'Know what servers you are in',
  bot: 'Add a bot to a server',
  'applications.commands': 'Create commands',
};

function text(value: string): string {
  return value.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}

function option(value: string, label: string): string {
  return `<option value="${text(value)}">${text(label)}</option>`;
}

/**
 * Asks for a person's consent, after they choose who they are. Works without scripts, so that browsers and tests can
 * both submit the form.
 */
export function consentPage(world: World, asked: AuthorizationRequest): string {
  const { application, scopes } = asked;
  const people = [...world.users.values()].filter((user) => !user.bot);
  const guilds = [...world.guilds.values()].filter(
    (guild) => (asked.guildId === null || guild.id === asked.guildId) && people.some(({ id }) => mayInstall(guild, id)),
  );
  const managers = (guildId: string) =>
    people
      .filter(({ id }) => mayInstall(world.guild(guildId), id))
      .map((user) => user.globalName ?? user.username)
      .join(', ');
  const needsGuild = scopes.includes('bot');
  const guildField = `<label>Add to server <select name="guild">${guilds
    .map((guild) => option(guild.id, `${guild.name} (managed by ${managers(guild.id)})`))
    .join('')}</select></label>`;
  return html(
    `${application.name} wants access`,
    `<p><strong>${text(application.name)}</strong> would like to:</p>
    <ul>${scopes.map((scope) => `<li>${text(meanings[scope] ?? scope)}</li>`).join('')}</ul>
    <form method="post">
      <label>You are <select name="user">${people
        .map((user) => option(user.id, user.globalName ?? user.username))
        .join('')}</select></label>
      ${needsGuild ? guildField : ''}
      <p><button name="decision" value="allow">Authorize</button>
      <button name="decision" value="deny" class="quiet">Cancel</button></p>
    </form>`,
  );
}

/** A page that only shows a message. */
export function messagePage(message: string): string {
  return html('Sandbox', `<p>${text(message)}</p>`);
}

/** Title, icon and first line identify the sandbox, so that nobody takes the page for Discord's. */
function html(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="dark light">
    <title>${text(title)} · Sandbox, not Discord</title>
    <link rel="icon" href="/icon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/css/consent.css">
  </head>
  <body>
    <header><img src="/icon.svg" alt="" width="32" height="32">
      <p><strong>Bailiwick sandbox</strong><br>A simulated Discord: nothing here reaches discord.com.</p></header>
    <main><h1>${text(title)}</h1>${body}</main>
    <nav aria-label="Sandbox"><a href="/">Sandbox chat</a> <a href="/developers/applications">Developer portal</a></nav>
  </body>
</html>
`;
}
