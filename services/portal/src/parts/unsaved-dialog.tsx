import { Button, Modal, Text } from '@mantine/core';
import { useState } from 'react';
import { useLeaving } from '../app/leaving.ts';

/** Asks before the user leaves unsaved changes in any way. `what` of the server they are about, in a sentence. */
export function UnsavedDialog({ what, guild, discard }: { what: string; guild: string; discard: () => void }) {
  const [wanted, setWanted] = useState<() => void>();
  const { leave } = useLeaving(true, (go) => setWanted(() => go));
  const stay = () => setWanted(undefined);
  return (
    <Modal opened={wanted !== undefined} onClose={stay} title="Leave without saving?">
      <div className="form">
        <Text component="div">
          Your changes to the {what} of <bdi>{guild}</bdi> are not saved.
        </Text>
        <div className="form-actions">
          <Button
            variant="default"
            onClick={() => {
              leave();
              discard();
              wanted?.();
            }}
          >
            Discard and leave
          </Button>
          <Button onClick={stay} data-autofocus>
            Keep editing
          </Button>
        </div>
      </div>
    </Modal>
  );
}
