// How everything looks: type, colours and the defaults of the components.
import {
  type CSSVariablesResolver,
  createTheme,
  localStorageColorSchemeManager,
  type MantineColorsTuple,
} from '@mantine/core';

const pawl: MantineColorsTuple = [
  '#f1f1fe',
  '#e3e3fb',
  '#c8c7f6',
  '#aba9f1',
  '#8e8bea',
  '#7471e4',
  '#5f5bdc',
  '#514dca',
  '#4340ad',
  '#36338c',
];

/** Cooler and deeper than the library's own, so that panels stand out from the page. */
const dark: MantineColorsTuple = [
  '#e4e5ea',
  '#c3c5ce',
  '#a3a6b2',
  '#7d818f',
  '#4b4e5a',
  '#34363f',
  '#26282f',
  '#1b1c22',
  '#141519',
  '#0e0f12',
];

export const theme = createTheme({
  primaryColor: 'pawl',
  primaryShade: { light: 6, dark: 6 },
  colors: { pawl, dark },
  fontFamily: "'Inter Variable', system-ui, sans-serif",
  fontFamilyMonospace: "'JetBrains Mono Variable', ui-monospace, monospace",
  headings: { fontFamily: "'Inter Variable', system-ui, sans-serif", fontWeight: '620' },
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontSizes: { xs: '0.75rem', sm: '0.84rem', md: '0.9rem', lg: '1.05rem', xl: '1.25rem' },
  components: {
    Modal: {
      defaultProps: {
        centered: true,
        overlayProps: { backgroundOpacity: 0.4, blur: 1 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
      styles: { title: { fontWeight: 620, fontSize: '1rem' } },
    },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250 } },
    Notification: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    // A name takes a role.
    Loader: { defaultProps: { role: 'status' } },
    Paper: { defaultProps: { withBorder: true } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
  },
});

/** The library's dimmed text and light colours are too faint to be read by everybody (WCAG AA asks for 4.5 to 1). */
export const cssVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-dimmed': '#5b606c',
    '--mantine-color-placeholder': '#6f7480',
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': '#16181d',
    '--mantine-color-error': '#c92a2a',
    '--mantine-color-anchor': '#4340ad',
    '--mantine-color-gray-light-color': '#43474f',
    '--mantine-color-red-light-color': '#a61e1e',
    '--mantine-color-pawl-light-color': '#4340ad',
    '--mantine-color-gray-subtle-color': '#43474f',
    '--pawl-canvas': '#f7f7f9',
    '--pawl-panel': '#ffffff',
    '--pawl-line': '#e4e5ea',
    '--pawl-lit': '#5f5bdc',
  },
  dark: {
    '--mantine-color-dimmed': '#a3a6b2',
    '--mantine-color-placeholder': '#8a8e9b',
    '--mantine-color-body': '#1b1c22',
    '--mantine-color-text': '#e4e5ea',
    '--mantine-color-error': '#ff8787',
    '--mantine-color-anchor': '#aba9f1',
    '--mantine-color-pawl-light-color': '#c8c7f6',
    '--mantine-color-red-light-color': '#ffa8a8',
    '--pawl-canvas': '#131418',
    '--pawl-panel': '#1b1c22',
    '--pawl-line': '#2c2e36',
    '--pawl-lit': '#8e8bea',
  },
});

/** The name is known to public/colour-scheme.js too. */
export const colourSchemes = localStorageColorSchemeManager({ key: 'pawl.colour-scheme' });
