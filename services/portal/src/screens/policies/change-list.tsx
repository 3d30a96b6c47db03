import type { GuildPolicy } from '../../api/types.ts';
import { changes, type Names } from './words.ts';

/** What would be different, before it is; or what was, since. */
export function ChangeList(props: { before: GuildPolicy; after: GuildPolicy; names: Names; label?: string }) {
  const { before, after, names, label = 'What changes' } = props;
  const list = changes(before, after, names);
  if (list.length === 0) return <p className="dimmed">No difference.</p>;
  return (
    <ul className="changes" tabIndex={0} aria-label={label}>
      {list.map(({ sign, words, key }) => (
        <li key={key} data-sign={sign}>
          <span aria-hidden>{sign}</span>
          <span>
            <span className="visually-hidden">{sign === '+' ? 'Added: ' : 'Removed: '}</span>
            <bdi>{words}</bdi>
          </span>
        </li>
      ))}
    </ul>
  );
}
