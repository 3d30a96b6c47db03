import { Component, type ErrorInfo, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { IconCloudOff, IconMoodSad } from '@tabler/icons-react';
import { unreachable } from '../api/problem.ts';
import { ReloadOnceThere } from './reload-once-there.tsx';
import { EmptyState } from './states.tsx';

/**
 * Confines an error to its screen. A screen whose script could not be loaded, as after an update of the portal, reloads
 * the page once the platform answers.
 */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed?: 'broken' | 'away'; address: string }> {
  override state: { failed?: 'broken' | 'away'; address: string } = { address: '' };

  static getDerivedStateFromError(error: unknown) {
    return { failed: isOfFetching(error) ? 'away' : 'broken', address: location.pathname };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error('portal.screen-failed', error.message, info.componentStack);
  }

  override componentDidUpdate(): void {
    if (this.state.failed && this.state.address !== location.pathname) this.setState({ failed: undefined });
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    if (this.state.failed === 'away')
      return (
        <div className="page">
          <title>Not connected · Bailiwick</title>
          <div className="card" role="alert">
            <EmptyState
              icon={<IconCloudOff />}
              title="Not connected"
              text={unreachable().message}
              action={<ReloadOnceThere />}
            />
          </div>
        </div>
      );
    return (
      <>
        <title>Something went wrong · Bailiwick</title>
        <EmptyState
          icon={<IconMoodSad />}
          title="Something went wrong on this page"
          text="The portal is at fault. Everything that you saved is safe. Reload the page to get the latest version."
          action={<Button onClick={() => location.reload()}>Reload</Button>}
        />
      </>
    );
  }
}

/** Whether a screen's script failed to load. Each browser has its own message for that, and none an error code. */
const isOfFetching = (error: unknown): boolean =>
  error instanceof Error && /dynamically imported module|importing a module script/i.test(error.message);
