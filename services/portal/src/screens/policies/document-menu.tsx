import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCopy, IconDotsVertical, IconDownload, IconFileImport } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import type { GuildDetail, GuildPolicy } from '../../api/types.ts';
import { useTenant } from '../../app/access.ts';
import { failed } from '../../parts/toast.ts';
import { CopyDialog } from './copy-dialog.tsx';
import { ImportDialog } from './import-dialog.tsx';
import { readYaml, type CurrentPolicy } from './policy-queries.ts';
import type { Names } from './words.ts';

/** Exports and imports the policy as a document, and copies it to another server. */
export function DocumentMenu(props: {
  guild: GuildDetail;
  names: Names;
  current: CurrentPolicy;
  change?: (policy: GuildPolicy) => void;
}) {
  const { guild, names, current, change } = props;
  const { tenant } = useTenant();
  const [importing, importDialog] = useDisclosure(false);
  const [copying, copyDialog] = useDisclosure(false);
  const take = useMutation({
    mutationFn: () => readYaml({ tenant, guild: guild.id }),
    onSuccess: (yaml) => saveAs(`policy-${guild.id}.yaml`, new Blob([yaml], { type: 'application/yaml' })),
    onError: failed,
  });
  return (
    <>
      <Menu position="bottom-end" width={260}>
        <Menu.Target>
          <Tooltip label="Import, export, copy">
            <ActionIcon
              variant="default"
              size={36}
              aria-label="Import, export or copy the policy"
              loading={take.isPending}
            >
              <IconDotsVertical size={18} />
            </ActionIcon>
          </Tooltip>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconDownload size={18} aria-hidden />} onClick={() => take.mutate()}>
            Export as YAML
          </Menu.Item>
          {change && (
            <>
              <Menu.Item leftSection={<IconFileImport size={18} aria-hidden />} onClick={importDialog.open}>
                Import YAML or JSON
              </Menu.Item>
              <Menu.Item leftSection={<IconCopy size={18} aria-hidden />} onClick={copyDialog.open}>
                Copy to another server
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {change && importing && (
        <ImportDialog guild={guild} names={names} current={current} close={importDialog.close} take={change} />
      )}
      {change && copying && <CopyDialog guild={guild} names={names} current={current} close={copyDialog.close} />}
    </>
  );
}

function saveAs(name: string, content: Blob): void {
  const href = URL.createObjectURL(content);
  const link = Object.assign(document.createElement('a'), { href, download: name });
  link.click();
  URL.revokeObjectURL(href);
}
