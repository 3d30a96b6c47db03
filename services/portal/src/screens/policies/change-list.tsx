import type { GuildPolicy } from '../../api/types.ts';
import { changes, type Names } from './words.ts';

/** What would be different, before it is. */
export function ChangeList({ before, after, names }: { before: GuildPolicy; after: GuildPolicy; names: Names }) {
  const list = changes(before, after, names);
  if (list.length === 0) return <p className="dimmed">They say the same.</p>;
  return (
    <ul className="changes" tabIndex={0} aria-label="What changes">
      {list.map(({ sign, words, key }) => (
        <li key={key} data-sign={sign}>
          <span aria-hidden>{sign}</span>
          <span>
            <span className="visually-hidden">{sign === '+' ? 'Begins: ' : 'Ends: '}</span>
            {words}
          </span>
        </li>
      ))}
    </ul>
  );
}
