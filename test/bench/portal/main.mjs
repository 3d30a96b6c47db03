// The baseline of the portal's bench: React and the component library's shell with all of its styles, and none of our
// code.
import '@mantine/core/styles.css';
import { AppShell, Button, MantineProvider } from '@mantine/core';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

const shell = createElement(
  AppShell,
  { header: { height: 56 } },
  createElement(AppShell.Header, null, 'Baseline'),
  createElement(AppShell.Main, null, createElement(Button, null, 'Sign in')),
);
createRoot(document.getElementById('app')).render(createElement(MantineProvider, null, shell));
