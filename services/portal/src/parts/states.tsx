import { Button, Loader, Skeleton, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconCloudOff, IconLock, IconMapOff } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { mayPass, Problem, sentenceOf } from '../api/problem.ts';
import { Retrying } from './retrying.tsx';

/** Shown where there is nothing yet: what belongs here, and what to do. */
export function EmptyState(props: { icon: ReactNode; title: string; text: ReactNode; action?: ReactNode }) {
  return (
    <div className="empty">
      <div className="empty-icon" aria-hidden>
        {props.icon}
      </div>
      <Title order={2} size="h4">
        {props.title}
      </Title>
      <Text c="dimmed" maw="46ch">
        {props.text}
      </Text>
      {props.action}
    </div>
  );
}

function headingOf(error: unknown): [icon: ReactNode, title: string] {
  switch (error instanceof Problem ? error.status : undefined) {
    case 0:
      return [<IconCloudOff key="icon" />, 'Not connected'];
    case 403:
      return [<IconLock key="icon" />, 'Your role does not include this'];
    case 404:
      return [<IconMapOff key="icon" />, 'Not found'];
    default:
      return [<IconAlertTriangle key="icon" />, 'This could not be loaded'];
  }
}

/** The tab of a page that shows nothing but an error. */
export const ErrorTitle = ({ error }: { error: unknown }) => <title>{`${headingOf(error)[1]} · Bailiwick`}</title>;

/**
 * What went wrong, in the API's own words. Errors that may pass are retried for as long as this is shown; others only
 * when the user asks, and a 403 not at all.
 */
export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }) {
  const [icon, title] = headingOf(error);
  const isRefusal = error instanceof Problem && error.status === 403;
  return (
    <div className="empty">
      <div className="empty" role="alert">
        <div className="empty-icon" aria-hidden>
          {icon}
        </div>
        <Title order={2} size="h4">
          {title}
        </Title>
        <Text c="dimmed" maw="52ch">
          {sentenceOf(error)}
        </Text>
      </div>
      {mayPass(error) ? (
        <Retrying />
      ) : (
        retry &&
        !isRefusal && (
          <Button variant="default" onClick={retry}>
            Try again
          </Button>
        )
      )}
      {error instanceof Problem && error.requestId && (
        <Text size="xs" c="dimmed">
          Request {error.requestId}
        </Text>
      )}
    </div>
  );
}

/** Rows as high as the real ones, so that nothing moves when those load. */
export function RowsSkeleton({ rows = 4, height = 64 }: { rows?: number; height?: number }) {
  return (
    <div className="card rows" role="status" aria-label="Loading">
      {Array.from({ length: rows }, (_, index) => (
        <div className="row" key={index} style={{ minHeight: height }}>
          <Skeleton height={14} width={`${[42, 30, 38, 26][index % 4]}%`} radius="sm" />
          <Skeleton height={12} width="14%" ml="auto" radius="sm" />
        </div>
      ))}
    </div>
  );
}

export function PageSkeleton() {
  return (
    <div className="page" role="status" aria-label="Loading">
      <Skeleton height={30} width={220} radius="sm" mb={12} />
      <Skeleton height={14} width="min(420px, 80%)" radius="sm" mb={32} />
      <RowsSkeleton />
    </div>
  );
}

export const Working = ({ what }: { what: string }) => (
  <span className="working">
    <Loader size={14} aria-hidden /> {what}
  </span>
);
