import type { PastMoment } from '../../api/types.ts';
import { usePeople } from '../../app/people.ts';
import { personWords } from '../../app/words.ts';
import { Moment } from '../../parts/time.tsx';

type PastTenant = NonNullable<PastMoment['tenant']>;
type PastCredential = NonNullable<PastMoment['credential']>;

const statuses: Readonly<Record<PastTenant['status'], string>> = {
  created: 'Not set up',
  active: 'Active',
  suspended: 'Suspended',
  deleting: 'Being deleted',
};
const tokens: Readonly<Record<PastCredential['state'], string>> = {
  none: 'No Discord token',
  stored: 'Discord token stored, not used yet',
  accepted: 'Discord token accepted',
  refused: 'Discord token refused',
};
const refusals: Readonly<Record<NonNullable<PastCredential['refusal']>, string>> = {
  'invalid-token': 'Discord no longer accepted the token.',
  'intents-not-granted': 'Discord did not grant what the bot asked for.',
  'too-many-servers': 'The bot was in too many servers.',
};

/** What the tenant and its Discord token were. */
export function PastBot({ moment: { tenant, credential } }: { moment: PastMoment }) {
  return (
    <div className="card rows">
      <div className="row">
        <span className="row-words">
          {tenant ? <Status tenant={tenant} /> : <span className="row-title">Its status then is not known</span>}
        </span>
      </div>
      <div className="row">
        <span className="row-words">
          {credential ? (
            <Token credential={credential} />
          ) : (
            <span className="row-title">Its Discord token then is not known</span>
          )}
        </span>
      </div>
    </div>
  );
}

function Status({ tenant: { name, status, reason, suspendedBy, last } }: { tenant: PastTenant }) {
  const people = usePeople();
  return (
    <>
      <span className="row-title">
        {statuses[status]}: <bdi>{name}</bdi>
      </span>
      {status === 'suspended' && suspendedBy !== null && (
        <span className="row-text">
          by <bdi>{personWords(suspendedBy, people)}</bdi>: <bdi>{reason}</bdi>
        </span>
      )}
      {last && <Since at={last.at} />}
    </>
  );
}

function Token({ credential: { state, refusal, last } }: { credential: PastCredential }) {
  return (
    <>
      <span className="row-title">{tokens[state]}</span>
      {refusal !== null && <span className="row-text">{refusals[refusal]}</span>}
      {last && <Since at={last.at} />}
    </>
  );
}

const Since = ({ at }: { at: string }) => (
  <span className="row-text">
    Last changed <Moment at={at} />
  </span>
);
