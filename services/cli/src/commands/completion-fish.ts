import type { Command, Option } from 'commander';
import { expectedOf, levelsOf, type Expected, type Level } from './completion-levels.ts';

/** fish escapes with backslashes within single quotes (fish-doc(1), quotes). */
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** The flags of `complete` that offer it. */
function offering(expected: Expected): string {
  if (expected === 'unknown') return '';
  if (expected === 'file') return ' -F';
  if (expected === 'tenant') return " -a '(__bailiwick_tenants)'";
  return ` -a ${quoted(expected.join(' '))}`;
}

/** fish wants one line per candidate, with its description (complete(1)). */
export function fishScript(program: Command): string {
  const levels = levelsOf(program);
  const paths = levels.flatMap(({ path }) => (path === '' ? [] : [quoted(path)]));
  const valued = levels.flatMap((level) =>
    level.valued.flatMap(({ names }) => names.map((name) => quoted(`${level.path} ${name}`))),
  );
  return `# bailiwick: completion for fish
set -g __bailiwick_paths ${paths.join(' ')}
set -g __bailiwick_valued ${valued.join(' ')}
# The tenants last listed: asking the API at every key press would be too slow.
function __bailiwick_tenants
    set -l session $HOME/.config/bailiwick/session.json
    set -q BAILIWICK_SESSION; and set session $BAILIWICK_SESSION
    cat $session.tenants 2>/dev/null
end
# Whether the words so far are this command with this many arguments.
function __bailiwick_at
    set -l at ''
    set -l position 0
    set -l previous ''
    for word in (commandline -opc)[2..-1]
        if contains -- "$at $previous" $__bailiwick_valued
            set previous ''
            continue
        end
        set previous $word
        string match -q -- '-*' $word; and continue
        test "$at $word" = ' help'; and continue # what follows is a command
        set -l next (string trim -- "$at $word")
        if contains -- $next $__bailiwick_paths
            set at $next
        else
            set position (math $position + 1)
        end
    end
    test "$argv[1]" = "$at"; or return 1
    test (count $argv) -eq 1; or test "$argv[2]" = "$position"
end
complete -c bailiwick -e
complete -c bailiwick -f
${levels.flatMap(linesOf).join('\n')}`;
}

function linesOf(level: Level): string[] {
  const { path, commands, descriptions, positions, described } = level;
  const at = `complete -c bailiwick -n "__bailiwick_at ${quoted(path)}`;
  const own = commands.map((name, index) => `${at} 0" -a ${name} -d ${quoted(descriptions[index] ?? '')}`);
  const arguments_ = commands.length > 0 ? [] : positions.map((each, index) => ({ each, index }));
  return [
    ...own,
    ...arguments_.flatMap(({ each, index }) => {
      const offers = offering(each);
      return offers === '' ? [] : [`${at} ${index}"${offers}`];
    }),
    ...described.map((option) => `${at}"${flagsOf(option)} -d ${quoted(option.description)}`),
    `${at}" -l help -d 'show help'`,
  ];
}

function flagsOf(option: Option): string {
  const long = option.long === undefined || option.long === null ? '' : ` -l ${option.long.slice(2)}`;
  const short = option.short === undefined || option.short === null ? '' : ` -s ${option.short.slice(1)}`;
  if (!option.required && !option.optional) return long + short;
  const expected = expectedOf(option);
  return `${long}${short} ${expected === 'file' ? '-r' : '-x'}${offering(expected)}`;
}
