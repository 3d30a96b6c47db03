import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';

const iris: MantineColorsTuple = [
  '#f4f3ff',
  '#e8e5ff',
  '#d2ccff',
  '#b3a9fc',
  '#9b8ef8',
  '#7f6ff2',
  '#6a58e6',
  '#5a47cf',
  '#4a39ab',
  '#3a2d87',
];

const dark: MantineColorsTuple = [
  '#e9e9f2',
  '#c3c4d4',
  '#a0a2b6',
  '#7b7d93',
  '#44465c',
  '#33354a',
  '#282a3c',
  '#1b1c2a',
  '#12131d',
  '#0c0d15',
];

/** Iris on slightly violet greys; Figtree once it has loaded, the system font until then. */
export const theme = createTheme({
  primaryColor: 'iris',
  primaryShade: 6,
  colors: { iris, dark },
  defaultRadius: 'md',
  fontFamily: "'Figtree Variable', system-ui, -apple-system, 'Segoe UI', sans-serif",
  fontFamilyMonospace: "ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace",
  headings: { fontFamily: "'Figtree Variable', system-ui, sans-serif", fontWeight: '650' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { radius: 'md' } },
    Modal: {
      defaultProps: {
        centered: true,
        radius: 'lg',
        overlayProps: { backgroundOpacity: 0.5, blur: 2 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    },
    Drawer: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250, events: { hover: true, focus: true, touch: false } } },
    // The focus placeholder is not a menu item, and a menu may contain no other elements (WAI-ARIA, menu: required
    // owned elements), so the first item takes the focus.
    Menu: { defaultProps: { radius: 'md', shadow: 'md', withInitialFocusPlaceholder: false } },
  },
});

/** Alerts use the same background and text colours as everything else. */
const alerts = {
  '--mantine-color-red-light': 'var(--bw-bad-soft)',
  '--mantine-color-red-light-color': 'var(--bw-bad)',
  '--mantine-color-yellow-light': 'var(--bw-warn-soft)',
  '--mantine-color-yellow-light-color': 'var(--bw-warn)',
};

/** The variables of both colour schemes; text contrast is at least 4.5:1 on every surface (WCAG 2.2, 1.4.3). */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...alerts,
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#1c1d2b',
    '--mantine-color-dimmed': '#5d5f73',
    '--mantine-color-anchor': '#5a47cf',
    '--mantine-color-placeholder': '#6b6d82',
    '--mantine-color-error': '#c2262e',
    '--bw-ground': '#f7f7fb',
    '--bw-surface': '#ffffff',
    '--bw-sunken': '#f1f1f7',
    '--bw-line': '#e3e3ee',
    '--bw-good': '#18794e',
    '--bw-good-soft': '#e3f6ec',
    '--bw-bad': '#c2262e',
    '--bw-bad-soft': '#ffe9e9',
    '--bw-warn': '#945700',
    '--bw-warn-soft': '#fff3d6',
    '--bw-accent': '#5a47cf',
    '--bw-accent-soft': '#eeecff',
    '--bw-shadow': '0 1px 2px rgb(28 29 43 / 4%), 0 4px 16px rgb(28 29 43 / 4%)',
  },
  dark: {
    ...alerts,
    '--mantine-color-body': '#1b1c2a',
    '--mantine-color-text': '#e9e9f2',
    '--mantine-color-dimmed': '#a6a8bb',
    '--mantine-color-anchor': '#b3a9fc',
    '--mantine-color-placeholder': '#9496ab',
    '--mantine-color-error': '#ff8f8f',
    '--mantine-color-default': '#212233',
    '--mantine-color-default-border': '#383a50',
    '--bw-ground': '#12131d',
    '--bw-surface': '#1b1c2a',
    '--bw-sunken': '#151622',
    '--bw-line': '#2c2e42',
    '--bw-good': '#5fd39a',
    '--bw-good-soft': '#173328',
    '--bw-bad': '#ff8f8f',
    '--bw-bad-soft': '#3d1d26',
    '--bw-warn': '#f5c26b',
    '--bw-warn-soft': '#382b16',
    '--bw-accent': '#b3a9fc',
    '--bw-accent-soft': '#2a2748',
    '--bw-shadow': '0 1px 2px rgb(0 0 0 / 30%)',
  },
});
