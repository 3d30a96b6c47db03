import { ActionIcon, Button, Text, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { announce } from './live-region.tsx';

/** Something to take away, with a button that copies it. */
export function Secret({ value, label }: { value: string; label: string }) {
  const clipboard = useClipboard({ timeout: 2000 });
  const words = clipboard.copied ? 'Copied' : `Copy ${label}`;
  return (
    <div className="secret">
      <code aria-label={label}>{value}</code>
      <Tooltip label={words}>
        <ActionIcon
          variant="subtle"
          aria-label={words}
          onClick={() => {
            clipboard.copy(value);
            announce('Copied');
          }}
        >
          {clipboard.copied ? <IconCheck size={18} /> : <IconCopy size={18} />}
        </ActionIcon>
      </Tooltip>
    </div>
  );
}

/** What is made once and shown once, in the dialog that made it. */
export function ShownOnce({ text, done, ...secret }: { text: string; value: string; label: string; done: () => void }) {
  return (
    <div className="form">
      <Text>{text}</Text>
      <Secret {...secret} />
      <div className="form-actions">
        <Button onClick={done}>Done</Button>
      </div>
    </div>
  );
}
