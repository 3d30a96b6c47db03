import { notifications } from '@mantine/notifications';
import { sentenceOf } from '../api/problem.ts';
import { SessionOver } from '../api/session.ts';

const closeButtonProps = { 'aria-label': 'Close' };

/** Reports success. */
export const done = (message: string): void => void notifications.show({ message, color: 'green', closeButtonProps });

/** Reports a failure, except the end of the session, which the sign-in page explains. */
export function failed(error: unknown): void {
  if (error instanceof SessionOver) return;
  const message = sentenceOf(error);
  notifications.show({ title: 'That did not work', message, color: 'red', autoClose: 10_000, closeButtonProps });
}
