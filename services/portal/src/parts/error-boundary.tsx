import { Component, type ErrorInfo, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { IconCloudOff, IconMoodSad } from '@tabler/icons-react';
import { unreachable } from '../api/problem.ts';
import { ReloadOnceThere } from './reload-once-there.tsx';
import { EmptyState } from './states.tsx';

/**
 * A fault of one screen stays on that screen; one that could not be fetched, or of an older portal, asks for a reload.
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
      <EmptyState
        icon={<IconMoodSad />}
        title="Something went wrong on this page"
        text="The portal is at fault. Everything that you saved is safe. Reload the page to get the latest version."
        action={<Button onClick={() => location.reload()}>Reload</Button>}
      />
    );
  }
}

/** What browsers say of a screen whose script did not come: each has words of its own, and none a code. */
const isOfFetching = (error: unknown): boolean =>
  error instanceof Error && /dynamically imported module|importing a module script/i.test(error.message);
