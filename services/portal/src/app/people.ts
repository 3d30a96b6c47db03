import { useQuery } from '@tanstack/react-query';
import { useCallback } from 'react';
import { everyMemberQuery } from '../api/queries.ts';
import { useMe, useTenant } from './access.ts';

/** What somebody is called, by their subject (`discord:<id>`); undefined for whoever the portal does not know. */
export type People = (subject: string) => string | undefined;

/** The members of the tenant that one looks at, and oneself. */
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
