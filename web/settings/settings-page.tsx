// Settings: the organisation, who is in it and what they may do, and one's own account.
import { Link, useParams } from '@tanstack/react-router';
import type { ComponentType } from 'react';
import { PageHeader } from '../elements/page-header.tsx';
import { PageNotFound } from '../shell/page-states.tsx';
import { AccountSection } from './account-section.tsx';
import { ApiKeysSection } from './api-keys-section.tsx';
import { GroupsSection } from './groups-section.tsx';
import { MembersSection } from './members-section.tsx';
import { OrganisationSection } from './organisation-section.tsx';
import { RolesSection } from './roles-section.tsx';
import classes from './settings.module.css';

const SECTIONS: readonly { name: string; label: string; Section: ComponentType }[] = [
  { name: 'organisation', label: 'Organisation', Section: OrganisationSection },
  { name: 'members', label: 'Members', Section: MembersSection },
  { name: 'groups', label: 'Groups', Section: GroupsSection },
  { name: 'roles', label: 'Roles', Section: RolesSection },
  { name: 'api-keys', label: 'API keys', Section: ApiKeysSection },
  { name: 'account', label: 'Your account', Section: AccountSection },
];

export function SettingsPage() {
  const { section } = useParams({ from: '/settings/$section' });
  const shown = SECTIONS.find(({ name }) => name === section);
  if (!shown) return <PageNotFound />;
  return (
    <>
      <PageHeader
        title="Settings"
        tabTitle={`${shown.label} · Settings`}
        description="The organisation, who is in it and what they may do."
      />
      <div className={classes.columns}>
        <nav aria-label="Settings" className={classes.sections}>
          {SECTIONS.map(({ name, label }) => (
            <Link key={name} to="/settings/$section" params={{ section: name }} className={classes.section}>
              {label}
            </Link>
          ))}
        </nav>
        <div className={classes.content}>
          <shown.Section />
        </div>
      </div>
    </>
  );
}
