// Runs before anything is drawn, so that no page flashes in the scheme that was not chosen.
(() => {
  let chosen = 'auto';
  try {
    chosen = localStorage.getItem('pawl.colour-scheme') ?? 'auto';
  } catch {
    // No storage: the system's scheme.
  }
  const dark =
    chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
