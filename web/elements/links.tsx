// Links to our own pages that look like the library's links and buttons, with addresses that are checked by type.
import { Anchor, type AnchorProps, Button, type ButtonProps } from '@mantine/core';
import { IconArrowLeft } from '@tabler/icons-react';
import { createLink } from '@tanstack/react-router';
import type { ComponentPropsWithRef } from 'react';

type AnchorOwn = Omit<AnchorProps, 'href'> & Omit<ComponentPropsWithRef<'a'>, keyof AnchorProps>;
type ButtonOwn = Omit<ButtonProps, 'href'> & Omit<ComponentPropsWithRef<'a'>, keyof ButtonProps>;

export const TextLink = createLink((props: AnchorOwn) => <Anchor {...props} />);
export const ButtonLink = createLink((props: ButtonOwn) => <Button component="a" {...props} />);

/** Above the title of a page: to the list that it is from. */
export const WayBack = createLink(({ children, ...props }: AnchorOwn) => (
  <Anchor
    size="sm"
    mb={8}
    style={{ display: 'inline-flex', gap: 6, alignItems: 'center', overflowWrap: 'anywhere' }}
    {...props}
  >
    <IconArrowLeft size={16} style={{ flex: 'none' }} aria-hidden /> {children}
  </Anchor>
));
