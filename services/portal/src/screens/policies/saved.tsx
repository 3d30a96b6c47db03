import type { PolicyVersion } from '../../api/types.ts';
import { usePeople } from '../../app/people.ts';
import { personWords } from '../../app/words.ts';
import { Ago } from '../../parts/time.tsx';

export const titleOf = ({ version }: PolicyVersion): string =>
  version === 0 ? 'Initial policy' : `Version ${version}`;

/** Who saved a version, and when. */
export function Saved({ version: { version, author, createdAt } }: { version: PolicyVersion }) {
  const people = usePeople();
  if (version === 0) return 'Default policy';
  return (
    <>
      Saved by <bdi title={author}>{personWords(author, people)}</bdi>
      {createdAt && (
        <>
          {', '}
          <Ago at={createdAt} />
        </>
      )}
    </>
  );
}
