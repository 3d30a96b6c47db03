import { Modal, Text, TextInput } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { DialogForm } from './dialog-form.tsx';

/** Asks for confirmation; with `typed`, that word has to be typed first (case-insensitive). */
export function Confirm(props: {
  opened: boolean;
  close: () => void;
  title: string;
  text: ReactNode;
  action: string;
  run: () => void;
  running: boolean;
  typed?: string;
  children?: ReactNode;
}) {
  const [word, setWord] = useState('');
  const ready = props.typed === undefined || word.trim().toLowerCase() === props.typed.toLowerCase();
  return (
    <Modal opened={props.opened} onClose={props.close} title={props.title}>
      <DialogForm
        submit={props.action}
        send={props.run}
        sending={props.running}
        valid={ready}
        dangerous
        cancel={props.close}
      >
        <Text component="div">{props.text}</Text>
        {props.children}
        {props.typed !== undefined && (
          <TextInput
            label={`Type ${props.typed} to confirm`}
            value={word}
            onChange={(event) => setWord(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
          />
        )}
      </DialogForm>
    </Modal>
  );
}
