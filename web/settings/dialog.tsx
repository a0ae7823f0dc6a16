// A dialog that is open while it is rendered, and gives the focus back when it goes: the library does so only for one that
// is closed and stays.
import { Modal, type ModalProps } from '@mantine/core';
import { useEffect, useState } from 'react';

export function Dialog(props: Omit<ModalProps, 'opened'>) {
  const [opener] = useState(whatOpensIt);
  useEffect(
    () => () => {
      requestAnimationFrame(() => {
        // Another one may have taken its place.
        if (document.querySelector('[role="dialog"]') === null) opener?.focus();
      });
    },
    [opener],
  );
  return <Modal opened {...props} />;
}

/** What has the focus; the item of a menu is gone by then, so for that the button of the menu. */
function whatOpensIt(): HTMLElement | null {
  const active = document.activeElement;
  const menuButton = active?.closest('[role="menu"]')?.getAttribute('aria-labelledby');
  if (menuButton) return document.getElementById(menuButton);
  return active instanceof HTMLElement ? active : null;
}
