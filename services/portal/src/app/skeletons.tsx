import { Skeleton } from '@mantine/core';
import { Brand } from '../parts/brand.tsx';
import { PageSkeleton } from '../parts/states.tsx';
import { Bare } from './shell.tsx';

/** The shell while the signed-in person is loading; everything is already in its place. */
export const ShellSkeleton = () => (
  <div className="shell">
    <div className="topbar" />
    <div className="sidebar">
      <div className="nav">
        <div className="nav-head">
          <Brand />
        </div>
        <Skeleton height={52} radius="md" />
      </div>
    </div>
    <main className="main">
      <PageSkeleton />
    </main>
  </div>
);

export const BareSkeleton = () => (
  <Bare>
    <div className="card sign-in" role="status" aria-label="Loading">
      <Skeleton height={28} width="70%" radius="sm" mb={14} />
      <Skeleton height={14} radius="sm" mb={28} />
      <Skeleton height={42} radius="md" />
    </div>
  </Bare>
);
