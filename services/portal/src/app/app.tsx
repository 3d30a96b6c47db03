import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { Router } from 'wouter';
import { cssVariables, theme } from '../theme.ts';
import { ErrorBoundary } from '../parts/error-boundary.tsx';
import { LiveRegion } from '../parts/live-region.tsx';
import { aroundNav } from './leaving.ts';
import { styleNonce } from './nonce.ts';
import { queryClient } from './query-client.ts';
import { Routes } from './routes.tsx';

/** The portal: theme, data and routing. */
export function App() {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      defaultColorScheme="auto"
      getStyleNonce={() => styleNonce}
      deduplicateInlineStyles
    >
      <QueryClientProvider client={queryClient}>
        <ErrorBoundary>
          <Notifications position="bottom-right" limit={3} autoClose={6000} />
          <LiveRegion />
          <Router aroundNav={aroundNav}>
            <Routes />
          </Router>
        </ErrorBoundary>
      </QueryClientProvider>
    </MantineProvider>
  );
}
