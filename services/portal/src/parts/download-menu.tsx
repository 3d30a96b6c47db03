import { Button, Menu } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import type { ReactNode } from 'react';

/** A button that opens a list of files. */
export function DownloadMenu({ label, width, children }: { label: string; width: number; children: ReactNode }) {
  return (
    <Menu position="bottom-end" width={width}>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={18} aria-hidden />}>
          {label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>{children}</Menu.Dropdown>
    </Menu>
  );
}

/** One of its files. The browser downloads it as a stream, so its size does not matter. */
export const Download = ({ href, icon, children }: { href: string; icon?: ReactNode; children: ReactNode }) => (
  <Menu.Item component="a" href={href} download leftSection={icon}>
    {children}
  </Menu.Item>
);
