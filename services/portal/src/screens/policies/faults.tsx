import { Alert } from '@mantine/core';
import { locationWords } from '../../api/document-location.ts';
import { Problem, sentenceOf } from '../../api/problem.ts';
import type { PolicyCheck } from '../../api/types.ts';

/** Why a policy was refused, each fault with its place in the document. */
export function Faults({ error }: { error: unknown }) {
  const faults = error instanceof Problem ? error.faults : [];
  return (
    <Alert color="red" variant="light" title={sentenceOf(error)} className="note" role="alert">
      {faults.length > 0 && (
        <ul>
          {faults.map(({ at, message }) => (
            <li key={at + message}>
              <b title={at}>{locationWords(at)}</b> {message}
            </li>
          ))}
        </ul>
      )}
    </Alert>
  );
}

/** Parts of a valid policy that have no effect, and why roles and channels were not checked. */
export function Warnings({ warnings, note }: Pick<PolicyCheck, 'warnings' | 'note'>) {
  if (warnings.length === 0 && note === null) return null;
  return (
    <Alert
      color={warnings.length > 0 ? 'yellow' : 'gray'}
      variant="light"
      mb="md"
      className="note"
      {...(warnings.length > 0 && { title: 'Some of this policy has no effect' })}
    >
      {warnings.length > 0 && (
        <ul>
          {warnings.map(({ pointer, detail }) => (
            <li key={pointer + detail}>
              <b title={pointer}>{locationWords(pointer)}</b>: {detail}
            </li>
          ))}
        </ul>
      )}
      {note !== null && <p>{note}</p>}
    </Alert>
  );
}
