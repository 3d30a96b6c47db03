import { Button, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { sentenceOf } from '../api/problem.ts';

/** What went wrong with what a dialog was asked to do. */
export const DialogError = ({ children }: { children: ReactNode }) => (
  <Text c="var(--mantine-color-error)" size="sm" role="alert">
    {children}
  </Text>
);

/** The form of a dialog, with a button that cancels and one that sends. */
export function DialogForm(props: {
  children: ReactNode;
  submit: string;
  send: () => void;
  sending?: boolean;
  /** Whether the form can be sent as it is. */
  valid?: boolean;
  /** Whether what it does cannot be undone. */
  dangerous?: boolean;
  error?: unknown;
  cancel: () => void;
}) {
  const { children, submit, send, sending = false, valid = true, dangerous = false, error, cancel } = props;
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (valid) send();
      }}
    >
      {children}
      {error != null && <DialogError>{sentenceOf(error)}</DialogError>}
      <div className="form-actions">
        <Button variant="default" onClick={cancel}>
          Cancel
        </Button>
        <Button type="submit" loading={sending} disabled={!valid} {...(dangerous ? { color: 'red.8' } : {})}>
          {submit}
        </Button>
      </div>
    </form>
  );
}
