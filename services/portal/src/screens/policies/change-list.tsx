import type { GuildPolicy } from '../../api/types.ts';
import { changes, type Names } from './words.ts';

/** What differs between two policies: a pending change, or an earlier one. */
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
