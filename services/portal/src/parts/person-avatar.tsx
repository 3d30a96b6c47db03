import { Avatar } from '@mantine/core';
import type { ReactNode } from 'react';
import { initialOf } from './names.ts';

interface PersonAvatarProps {
  readonly name: string;
  readonly url: string | null;
  readonly size?: number;
  /** What stands there without a picture, where it is not the initial. */
  readonly children?: ReactNode;
}

/** Somebody's picture, or their initial; their name stands beside it. */
export const PersonAvatar = ({ name, url, size, children }: PersonAvatarProps) => (
  <Avatar src={url} alt="" radius="xl" color="iris" aria-hidden {...(size === undefined ? {} : { size })}>
    {children ?? initialOf(name)}
  </Avatar>
);
