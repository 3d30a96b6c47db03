import { Modal } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { DialogForm } from './dialog-form.tsx';
import { ShownOnce } from './secret.tsx';

export interface CreateDialogProps {
  readonly opened: boolean;
  readonly title: string;
  readonly submit: string;
  /** Whether the form can be sent as it is. */
  readonly valid: boolean;
  readonly children: ReactNode;
  readonly create: () => Promise<string>;
  /** What is read again afterwards. */
  readonly changes: readonly unknown[];
  /** Of what was created, which is shown only once. */
  readonly created: { readonly title: string; readonly text: string; readonly label: string };
  readonly leave: () => void;
}

/** A form that creates something, and then what is shown of it only once. */
export function CreateDialog(props: CreateDialogProps) {
  const { opened, title, submit, valid, children, create, changes, created } = props;
  const client = useQueryClient();
  const creation = useMutation({
    mutationFn: create,
    onSettled: () => client.invalidateQueries({ queryKey: changes }),
  });
  const leave = () => {
    props.leave();
    creation.reset();
  };
  return (
    <Modal opened={opened} onClose={leave} title={creation.data ? created.title : title}>
      {creation.data ? (
        <ShownOnce text={created.text} value={creation.data} label={created.label} done={leave} />
      ) : (
        <DialogForm
          submit={submit}
          send={() => creation.mutate()}
          sending={creation.isPending}
          valid={valid}
          error={creation.error}
          cancel={leave}
        >
          {children}
        </DialogForm>
      )}
    </Modal>
  );
}
