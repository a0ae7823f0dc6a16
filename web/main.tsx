// Where the web application begins.
import '@fontsource-variable/inter';
import '@fontsource-variable/jetbrains-mono';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './app.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { createQueries } from './api/queries.ts';
import { createPages } from './router.tsx';
import { readFragment, session } from './session/session.ts';
import { colourSchemes, cssVariables, theme } from './theme.ts';

function takeKeyOutOfAddress(): void {
  const key = readFragment(window.location.hash, 'key');
  if (key === null) return;
  session.signIn(key);
  window.history.replaceState(null, '', window.location.pathname + window.location.search);
}

takeKeyOutOfAddress();
window.addEventListener('hashchange', () => {
  if (readFragment(window.location.hash, 'key') === null) return;
  takeKeyOutOfAddress();
  // What somebody else was shown must not stay.
  window.location.reload();
});

// A page that was built anew has other file names than the one that is open.
window.addEventListener('vite:preloadError', () => window.location.reload());

const queries = createQueries();
const pages = createPages(queries);

createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariables}
      colorSchemeManager={colourSchemes}
      defaultColorScheme="auto"
    >
      <QueryClientProvider client={queries}>
        <RouterProvider router={pages} />
        <Notifications position="bottom-right" limit={4} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
