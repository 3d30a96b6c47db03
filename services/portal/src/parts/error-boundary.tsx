import { Component, type ErrorInfo, type ReactNode } from 'react';
import { Button } from '@mantine/core';
import { IconMoodSad } from '@tabler/icons-react';
import { EmptyState } from './states.tsx';

/** A fault of one screen stays on that screen; a new version of the portal under an open page asks for a reload. */
export class ErrorBoundary extends Component<{ children: ReactNode }, { failed: boolean; address: string }> {
  override state = { failed: false, address: '' };

  static getDerivedStateFromError() {
    return { failed: true, address: location.pathname };
  }

  override componentDidCatch(error: Error, info: ErrorInfo): void {
    console.error('portal.screen-failed', error.message, info.componentStack);
  }

  override componentDidUpdate(): void {
    if (this.state.failed && this.state.address !== location.pathname) this.setState({ failed: false });
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    return (
      <EmptyState
        icon={<IconMoodSad />}
        title="This page broke"
        text="That is our fault, not yours. What you had saved is safe. A reload fetches the newest version of the portal."
        action={<Button onClick={() => location.reload()}>Reload</Button>}
      />
    );
  }
}
