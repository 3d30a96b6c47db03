import { ActionIcon, Button, Text, Tooltip } from '@mantine/core';
import { useClipboard } from '@mantine/hooks';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { announce } from './live-region.tsx';

/** A value with a copy button. */
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

/** A secret that is shown only once, in the dialog that created it. */
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
