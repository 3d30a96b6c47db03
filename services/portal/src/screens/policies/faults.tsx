import { Alert } from '@mantine/core';
import { Problem, sentenceOf } from '../../api/problem.ts';

/** Why a policy was refused, each fault with its place in the document. */
export function Faults({ error }: { error: unknown }) {
  const faults = error instanceof Problem ? error.faults : [];
  return (
    <Alert color="red" variant="light" title={sentenceOf(error)} className="note" role="alert">
      {faults.length > 0 && (
        <ul>
          {faults.map(({ at, message }) => (
            <li key={at + message}>
              <span className="mono">{at || 'The document'}</span> {message}
            </li>
          ))}
        </ul>
      )}
    </Alert>
  );
}
