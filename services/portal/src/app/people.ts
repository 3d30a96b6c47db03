import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { everyMemberQuery } from '../api/queries.ts';
import { useMe, useTenant } from './access.ts';

/** A person's name by their subject (`discord:<id>`); undefined if the portal does not know it. */
export type People = (subject: string) => string | undefined;

/** Covers the members of the current tenant and the user. */
export function usePeople(): People {
  const { tenant, can } = useTenant();
  const me = useMe();
  const { data } = useQuery({ ...everyMemberQuery(tenant), enabled: can('member.read') });
  return useCallback(
    (subject) => {
      const name = data?.find((member) => member.subject === subject)?.name;
      if (name !== undefined && name !== subject) return name;
      return subject === me.subject && me.name !== subject ? me.name : undefined;
    },
    [data, me],
  );
}
