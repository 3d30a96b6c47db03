import { Button } from '@mantine/core';
import { useNow } from './time.tsx';
import { useRetries } from '../app/use-retries.ts';

/** When the next retry is, and a button to retry now. Renders nothing if nothing failed. */
export function Retrying({ compact = false }: { compact?: boolean }) {
  const { state, now } = useRetries();
  if (state.kind === 'well') return null;
  return (
    <div className={compact ? 'retrying retrying-compact' : 'retrying'}>
      <span className="retrying-words">
        {state.kind === 'waiting' && <Countdown toMs={state.nextAtMs} />}
        {state.kind === 'asking' && 'Trying again…'}
        {state.kind === 'resting' && 'Paused while you are offline or away'}
      </span>
      <Button variant="default" size={compact ? 'compact-xs' : 'sm'} loading={state.kind === 'asking'} onClick={now}>
        Try now
      </Button>
    </div>
  );
}

function Countdown({ toMs }: { toMs: number }) {
  const seconds = Math.max(0, Math.ceil((toMs - useNow(500)) / 1000));
  return <>Next attempt in {seconds} s</>;
}
