import { Menu, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { IconCheck, IconChevronDown, IconPlus } from '@tabler/icons-react';
import { useLocation } from 'wouter';
import { initialOf } from '../parts/names.ts';
import { useMe, type TenantAccess } from './access.ts';
import { roleNames } from './words.ts';

/** The current bot, and a menu of the user's others. */
export function TenantSwitcher({ access }: { access: TenantAccess | undefined }) {
  const me = useMe();
  const [, navigate] = useLocation();
  return (
    <Menu width="target" position="bottom-start" withinPortal>
      <Menu.Target>
        <UnstyledButton className="switcher">
          <VisuallyHidden>Switch bot: </VisuallyHidden>
          <span className="switcher-initial" aria-hidden>
            {initialOf(access?.name ?? '')}
          </span>
          <span className="switcher-words">
            <bdi className="switcher-name">
              {access?.name ?? (me.tenants.length > 0 ? 'Choose a bot' : 'No bot selected')}
            </bdi>
            <span className="switcher-role">
              {access
                ? roleNames[access.role]
                : me.tenants.length > 0
                  ? `${me.tenants.length} to choose from`
                  : 'You have none yet'}
            </span>
          </span>
          <IconChevronDown size={16} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown className="switcher-menu">
        {me.tenants.map(({ id, name, role }) => (
          <Menu.Item
            key={id}
            onClick={() => navigate(`/t/${id}`)}
            rightSection={id === access?.tenant ? <IconCheck size={16} aria-label="selected" /> : undefined}
          >
            <bdi className="switcher-name">{name}</bdi>
            <span className="switcher-role">{roleNames[role]}</span>
          </Menu.Item>
        ))}
        {me.mayCreateTenants && (
          <>
            {me.tenants.length > 0 && <Menu.Divider />}
            <Menu.Item leftSection={<IconPlus size={16} aria-hidden />} onClick={() => navigate('/tenants/new')}>
              Add another bot
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
