import type { SealedRecord } from '../../api/types.ts';
import { Status, type Tone } from '../../parts/status.tsx';
import { Ago } from '../../parts/time.tsx';
import { actorWords, meaningOf, type Called } from './records.ts';

const tones: Readonly<Record<string, [Tone, string]>> = {
  allowed: ['good', 'Allowed'],
  succeeded: ['good', 'Done'],
  denied: ['bad', 'Denied'],
  failed: ['warn', 'Failed'],
};

/** One record in a line: the outcome, who did what, and what that means or why it failed. */
export function RecordRow({ sealed, called, open }: { sealed: SealedRecord; called: Called; open: () => void }) {
  const { record } = sealed;
  if (!record)
    return (
      <div className="row">
        <span className="row-words">
          <span className="row-title">Entry {sealed.index}</span>
          <span className="row-text">This record was written by a newer version</span>
        </span>
      </div>
    );
  const [tone, word] = tones[record.outcome] ?? ['quiet', record.outcome];
  return (
    <button type="button" className="row record" onClick={open} aria-haspopup="dialog">
      <Status tone={tone}>{word}</Status>
      <span className="row-words">
        <span className="row-title">
          <bdi title={(record.onBehalfOf ?? record.actor).id}>{actorWords(record, called)}</bdi>{' '}
          <span className="record-action">{record.command ? `/${record.command}` : record.action}</span>
        </span>
        <bdi className="row-text ellipsis">{meaningOf(record)}</bdi>
      </span>
      <span className="row-text">
        <Ago at={record.time} />
      </span>
    </button>
  );
}
