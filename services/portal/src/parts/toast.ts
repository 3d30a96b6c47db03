import type { ReactNode } from 'react';
import { notifications } from '@mantine/notifications';
import { sentenceOf } from '../api/problem.ts';
import { SessionOver } from '../api/session.ts';

const closeButtonProps = { 'aria-label': 'Close' };

/** Reports success. `stays`: until it is closed, because there is something to do. */
export const done = (message: ReactNode, { stays = false } = {}): void =>
  void notifications.show({ message, color: 'green', closeButtonProps, ...(stays ? { autoClose: false } : {}) });

/** Reports a failure, except the end of the session, which the sign-in page explains. */
export function failed(error: unknown): void {
  if (error instanceof SessionOver) return;
  const message = sentenceOf(error);
  notifications.show({ title: 'That did not work', message, color: 'red', autoClose: 10_000, closeButtonProps });
}
