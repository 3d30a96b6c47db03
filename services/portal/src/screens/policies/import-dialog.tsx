import { Button, FileButton, Modal, Text, Textarea } from '@mantine/core';
import { IconFileUpload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { maxDocumentBytes } from '#policies/document-limit.ts';
import type { GuildDetail, GuildPolicy } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { DialogForm } from '../../parts/dialog-form.tsx';
import { isolated } from '../../parts/names.ts';
import { done } from '../../parts/toast.ts';
import { Faults } from './faults.tsx';
import { checkDocument, type CurrentPolicy } from './policy-queries.ts';
import { changes, type Names } from './words.ts';

/** Replaces the draft by a document; its changes are then reviewed and saved like any others. */
export function ImportDialog(props: {
  guild: GuildDetail;
  names: Names;
  current: CurrentPolicy;
  close: () => void;
  take: (policy: GuildPolicy) => void;
}) {
  const { guild, names, current, close, take } = props;
  const { tenant } = useTenant();
  const [text, setText] = useState('');
  const [note, setNote] = useState<string>();
  const check = useMutation({
    mutationFn: () => checkDocument({ tenant, guild: guild.id }, text),
    onSuccess(policy) {
      const count = changes(current.policy, policy, names).length;
      if (count === 0) return setNote('This is the policy that is already in force.');
      take(policy);
      close();
      return done('Document imported. Review the changes and save.');
    },
  });
  const change = (words: string) => {
    setText(words);
    setNote(undefined);
    check.reset();
  };
  const read = async (file: File | null) => {
    if (!file) return;
    if (file.size <= maxDocumentBytes) return change(await file.text());
    change('');
    setNote(`${isolated(file.name)} is larger than any policy: at most ${maxDocumentBytes / 1024} KiB.`);
  };
  return (
    <Modal opened onClose={close} title={`Import a policy for ${isolated(guild.name)}`} size="lg">
      <DialogForm
        submit="Check"
        send={() => check.mutate()}
        sending={check.isPending}
        valid={text.trim() !== ''}
        cancel={close}
      >
        <Text c="dimmed">
          The document replaces the whole policy, including your unsaved changes. Nothing takes effect until you review
          and save it.
        </Text>
        <FileButton
          accept=".yaml,.yml,.json"
          onChange={(file) => void read(file)}
          inputProps={{ 'aria-label': 'File' }}
        >
          {(button) => (
            <Button
              {...button}
              variant="default"
              className="fit"
              leftSection={<IconFileUpload size={18} aria-hidden />}
            >
              Choose a file
            </Button>
          )}
        </FileButton>
        <Textarea
          label="Or paste it"
          placeholder={'rules: []\notherwise: allow'}
          classNames={{ input: 'mono' }}
          value={text}
          onChange={(event) => change(event.currentTarget.value)}
          rows={10}
          spellCheck={false}
          autoComplete="off"
          error={note}
        />
        {check.error && <Faults error={check.error} />}
      </DialogForm>
    </Modal>
  );
}
