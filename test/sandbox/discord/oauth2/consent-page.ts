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
 * Asks a person, who here says who it is, for consent. Works without scripts, as browsers and tests alike send the
 * form.
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

/** A page that only says something. */
export function messagePage(message: string): string {
  return html('Sandbox', `<p>${text(message)}</p>`);
}

function html(title: string, body: string): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>${text(title)}</title>
    <style>
      body { font: 16px/1.5 system-ui, sans-serif; max-width: 28rem; margin: 10vh auto; padding: 0 1rem; color: #1f2328; background: #f6f7f9; }
      main { background: #fff; border: 1px solid #d8dce2; border-radius: 12px; padding: 1.5rem; }
      label { display: block; margin: 1rem 0; }
      select { display: block; width: 100%; font: inherit; padding: .4rem; margin-top: .25rem; }
      button { font: inherit; padding: .5rem 1.2rem; border: 0; border-radius: 8px; background: #4754d6; color: #fff; cursor: pointer; }
      button.quiet { background: #e4e7ec; color: #1f2328; }
    </style>
  </head>
  <body><main><h1>${text(title)}</h1>${body}</main></body>
</html>
`;
}
