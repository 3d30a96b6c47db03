import { Button } from '@mantine/core';
import type { ReactNode } from 'react';

/** How many changes are not saved, with a button to discard them and, as its child, one to save them. */
export function SaveBar(props: { count: number; discard: () => void; saving?: boolean; children: ReactNode }) {
  const { count, discard, saving = false, children } = props;
  return (
    <div className="save-bar" role="region" aria-label="Unsaved changes">
      <span>
        <b>
          {count} {count === 1 ? 'change' : 'changes'}
        </b>{' '}
        <span className="dimmed">not saved</span>
      </span>
      <span className="page-actions">
        <Button variant="default" onClick={discard} disabled={saving}>
          Discard
        </Button>
        {children}
      </span>
    </div>
  );
}
