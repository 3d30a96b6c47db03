import { Argument, Command, type Option } from 'commander';
import { say } from '../output.ts';

/** `bailiwick completion`: a script for the shell, made from the commands themselves. */
export function completionCommand(program: Command): Command {
  return new Command('completion')
    .addArgument(new Argument('<shell>', 'whose script').choices(['bash', 'zsh']))
    .description('the script by which the shell completes commands, options and the ids of tenants')
    .addHelpText('after', '\nExample, for this shell and for each one after it:\n  source <(bailiwick completion bash)')
    .action((shell: Shell) => say(completionScript(program, shell)));
}

type Shell = 'bash' | 'zsh';

/** What a shell has to read. */
export const completionScript = (program: Command, shell: Shell): string =>
  shell === 'bash' ? bashScript(program) : zshScript(program);

/** What the next word may be: one of these; a tenant; a file; or something that nobody can guess. */
type Expected = readonly string[] | 'tenant' | 'file' | 'unknown';

interface Level {
  /** The words before, without options: `audit export`. */
  readonly path: string;
  readonly commands: readonly string[];
  readonly options: readonly string[];
  /** Options whose next word is theirs. */
  readonly valued: readonly { readonly names: readonly string[]; readonly value: Expected }[];
  /** Its arguments, one after the other. */
  readonly positions: readonly Expected[];
}

function levelsOf(command: Command, before: readonly string[] = []): Level[] {
  const { commands, options, registeredArguments } = command;
  const level = {
    path: before.join(' '),
    commands: commands.map((each) => each.name()),
    options: [...options.flatMap(namesOf), '--help'],
    valued: options
      .filter((option) => option.required || option.optional)
      .map((option) => ({ names: namesOf(option), value: option.argChoices ?? guess(option.flags) })),
    positions: registeredArguments.map((argument) => argument.argChoices ?? guess(argument.name())),
  };
  const below = commands.flatMap((each) => spellingsOf(each).flatMap((name) => levelsOf(each, [...before, name])));
  return [level, ...below];
}

const namesOf = (option: Option): string[] => [option.short, option.long].flatMap((name) => name ?? []);
const spellingsOf = (command: Command): string[] => [command.name(), ...command.aliases()];

/** By the name that help gives it. */
function guess(name: string): Expected {
  if (/\bfile|folder|^other$/.test(name)) return 'file';
  return name === 'tenant' ? 'tenant' : 'unknown';
}

/** What is written into the script comes from this program alone; it is quoted all the same. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The bash that offers it, by the functions that stand in the script. */
function offering(expected: Expected): string {
  if (expected === 'unknown') return ':';
  if (expected === 'file') return '_bailiwick_files';
  if (expected === 'tenant') return '_bailiwick_words "$(_bailiwick_tenants)"';
  return `_bailiwick_words ${quoted(expected.join(' '))}`;
}

function bashScript(program: Command): string {
  const levels = levelsOf(program);
  const paths = levels.flatMap(({ path }) => (path === '' ? [] : [quoted(path)]));
  const flags = levels.map(({ path, options }) => `    ${quoted(path)}) flags=${quoted(options.join(' '))} ;;`);
  const values = levels.flatMap(({ path, valued }) =>
    valued.map(({ names, value }) => {
      const patterns = names.map((name) => quoted(`${path} ${name}`)).join('|');
      return `    ${patterns}) ${offering(value)}; return 0 ;;`;
    }),
  );
  const positions = levels.flatMap(({ path, commands, positions: arguments_ }) => {
    const expected = commands.length > 0 ? [commands] : arguments_;
    return expected.map((each, index) => `    ${quoted(`${path} ${index}`)}) ${offering(each)} ;;`);
  });
  return `# bailiwick: completion for bash
_bailiwick_words() { COMPREPLY=($(compgen -W "$1" -- "$current")); }
# A name with spaces is one name; not every shell has compopt.
_bailiwick_files() {
  local IFS=$'\\n'
  compopt -o filenames 2>/dev/null
  COMPREPLY=($(compgen -f -- "$current"))
}
# Those that were last listed: to ask the API would be felt at each key.
_bailiwick_tenants() { cat -- "\${BAILIWICK_SESSION:-$HOME/.config/bailiwick/session.json}.tenants" 2>/dev/null; }
_bailiwick_value() {
  case "$1" in
${values.join('\n')}
  esac
  return 1
}
# zsh runs this too, where path, words and options are names of its own.
_bailiwick() {
  local current="\${COMP_WORDS[$COMP_CWORD]}" at='' flags='' position=0 previous='' word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"; do
    if _bailiwick_value "$at $previous"; then previous=''; continue; fi
    previous="$word"
    case "$word" in -*) continue ;; esac
    [ "$at $word" = ' help' ] && continue # what follows is a command
    case "\${at:+$at }$word" in
    ${paths.join('|')}) at="\${at:+$at }$word" ;;
    *) position=$((position + 1)) ;;
    esac
  done
  COMPREPLY=()
  _bailiwick_value "$at $previous" && return
  case "$at" in
${flags.join('\n')}
  esac
  case "$current" in -*) _bailiwick_words "$flags"; return ;; esac
  case "$at $position" in
${positions.join('\n')}
  esac
}
complete -F _bailiwick bailiwick`;
}

/** zsh runs completions that are written for bash (zshcompsys(1), bashcompinit). */
const zshScript = (program: Command): string =>
  `#compdef bailiwick
autoload -U +X compinit && compinit -u
autoload -U +X bashcompinit && bashcompinit
${bashScript(program)}`;
