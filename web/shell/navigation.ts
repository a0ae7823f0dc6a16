// What the navigation shows. A part gets its line here when its page exists, and not before.
import {
  type Icon,
  IconChartBar,
  IconListDetails,
  IconPlugConnected,
  IconSettings,
  IconShieldCheck,
  IconSitemap,
} from '@tabler/icons-react';

export interface Place {
  to: '/jobs' | '/workflows' | '/admin/integrations' | '/metering' | '/audit' | '/settings';
  label: string;
  icon: Icon;
  /** Pressed one after the other. */
  keys: readonly [string, string];
}

export const PLACES: readonly { heading: string; places: readonly Place[] }[] = [
  {
    heading: 'Work',
    places: [
      { to: '/jobs', label: 'Jobs', icon: IconListDetails, keys: ['g', 'j'] },
      { to: '/workflows', label: 'Workflows', icon: IconSitemap, keys: ['g', 'w'] },
    ],
  },
  {
    heading: 'Administration',
    places: [
      { to: '/admin/integrations', label: 'Integrations', icon: IconPlugConnected, keys: ['g', 'i'] },
      { to: '/metering', label: 'Metering', icon: IconChartBar, keys: ['g', 'm'] },
      { to: '/audit', label: 'Audit', icon: IconShieldCheck, keys: ['g', 'a'] },
      { to: '/settings', label: 'Settings', icon: IconSettings, keys: ['g', 's'] },
    ],
  },
];
