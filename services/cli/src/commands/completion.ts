import { Argument, Command, type Option } from 'commander';
import { say } from '../output.ts';

/** `bailiwick completion`: a script for the shell, made from the commands themselves. */
export function completionCommand(program: Command): Command {
  return new Command('completion')
    .addArgument(new Argument('<shell>', 'whose script').choices(['bash', 'zsh']))
    .description('the script by which the shell completes commands and options')
    .addHelpText('after', '\nExample, for this shell and for each one after it:\n  source <(bailiwick completion bash)')
    .action((shell: 'bash' | 'zsh') => say(shell === 'bash' ? bashScript(program) : zshScript(program)));
}

interface Level {
  /** The words before, without options: `audit export`. */
  readonly path: string;
  readonly commands: readonly string[];
  readonly options: readonly string[];
  /** Options whose next word is theirs: a choice of these, or a file where there are none. */
  readonly valued: readonly { readonly names: readonly string[]; readonly choices: readonly string[] }[];
  /** What the first argument may be. */
  readonly choices: readonly string[];
}

function levelsOf(command: Command, before: readonly string[] = []): Level[] {
  const { commands, options, registeredArguments } = command;
  const names = (option: Option) => [option.short, option.long].flatMap((name) => name ?? []);
  const level = {
    path: before.join(' '),
    commands: commands.map((each) => each.name()),
    options: [...options.flatMap(names), '--help'],
    valued: options
      .filter((option) => option.required || option.optional)
      .map((option) => ({ names: names(option), choices: option.argChoices ?? [] })),
    choices: registeredArguments[0]?.argChoices ?? [],
  };
  return [level, ...commands.flatMap((each) => levelsOf(each, [...before, each.name()]))];
}

/** What is written into the script comes from this program alone; it is quoted all the same. */
const quoted = (words: readonly string[]): string => `'${words.join(' ').replaceAll("'", "'\\''")}'`;

function bashScript(program: Command): string {
  const levels = levelsOf(program);
  const cases = levels.map(
    ({ path, commands, options, choices }) =>
      `    ${quoted([path])}) words=${quoted([...commands, ...choices])}; options=${quoted(options)} ;;`,
  );
  const values = levels.flatMap(({ path, valued }) =>
    valued.map(({ names, choices }) => {
      const patterns = names.map((name) => quoted([`${path} ${name}`])).join('|');
      const answer = choices.length > 0 ? `-W ${quoted(choices)}` : '-f';
      return `    ${patterns}) COMPREPLY=($(compgen ${answer} -- "$current")); return ;;`;
    }),
  );
  const known = levels.filter(({ path }) => path !== '').map(({ path }) => quoted([path]));
  return `# bailiwick: completion for bash
_bailiwick() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path='' next word words='' options=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="\${path:+$path }$word"
    case "$next" in
    ${known.join('|')}) path="$next" ;;
    esac
  done
  case "$path $previous" in
${values.join('\n')}
  esac
  case "$path" in
${cases.join('\n')}
  esac
  case "$current" in
    -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$current")); [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _bailiwick bailiwick`;
}

/** zsh runs completions that are written for bash (zshcompsys(1), bashcompinit). */
const zshScript = (program: Command): string =>
  `#compdef bailiwick
autoload -U +X compinit && compinit -u
autoload -U +X bashcompinit && bashcompinit
${bashScript(program)}`;
