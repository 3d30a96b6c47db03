import { Argument, Command } from 'commander';
import { say } from '../output.ts';
import { fishScript } from './completion-fish.ts';
import { levelsOf, type Expected } from './completion-levels.ts';

/** `bailiwick completion`: a shell script generated from the commands themselves. */
export function completionCommand(program: Command): Command {
  return new Command('completion')
    .addArgument(new Argument('<shell>', 'the shell that you use').choices(Object.keys(scripts)))
    .description('print a script that completes commands, options and tenant IDs in your shell')
    .addHelpText(
      'after',
      '\nExample, for bash and zsh:\n  source <(bailiwick completion bash)\n\nExample, for fish:\n  bailiwick completion fish | source',
    )
    .action((shell: Shell) => say(completionScript(program, shell)));
}

/** The script for a shell to source. */
export const completionScript = (program: Command, shell: Shell): string => scripts[shell](program);

/** Everything in the script comes from this program alone, but is quoted all the same. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/** The bash that offers it, using the functions in the script. */
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
# The tenants last listed: asking the API at every key press would be too slow.
_bailiwick_tenants() { cat -- "\${BAILIWICK_SESSION:-$HOME/.config/bailiwick/session.json}.tenants" 2>/dev/null; }
_bailiwick_value() {
  case "$1" in
${values.join('\n')}
  esac
  return 1
}
# zsh runs this too, and reserves the names path, words and options.
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

/** zsh can run completions written for bash (zshcompsys(1), bashcompinit). */
const zshScript = (program: Command): string =>
  `#compdef bailiwick
autoload -U +X compinit && compinit -u
autoload -U +X bashcompinit && bashcompinit
${bashScript(program)}`;

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;
type Shell = keyof typeof scripts;
