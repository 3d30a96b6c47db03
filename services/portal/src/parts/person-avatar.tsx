import { Avatar } from '@mantine/core';
import type { ReactNode } from 'react';
import { initialOf } from './names.ts';

interface PersonAvatarProps {
  readonly name: string;
  readonly url: string | null;
  readonly size?: number;
  /** Shown instead of the initial if there is no picture. */
  readonly children?: ReactNode;
}

/** A person's picture, or their initial; hidden from screen readers, because the name is shown beside it. */
export const PersonAvatar = ({ name, url, size, children }: PersonAvatarProps) => (
  <Avatar src={url} alt="" radius="xl" color="iris" aria-hidden {...(size === undefined ? {} : { size })}>
    {children ?? initialOf(name)}
  </Avatar>
);
