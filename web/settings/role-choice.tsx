// Roles in the organisation, each with what it is for.
import { Badge, Checkbox, Stack } from '@mantine/core';
import type { Resource } from '../api/client.ts';

export type OrganisationRole = Resource<'Roles'>['organisation'][number]['role'];

const ABOUT: Readonly<Record<OrganisationRole, string>> = {
  Owner: 'Everything, and who else may do what.',
  Contributor: 'Builds workflows, runs jobs, looks after connections.',
  Reader: 'Sees everything, changes nothing.',
  IntegrationCreator: 'Makes connections and sources, and owns the connections they made.',
  IntegrationContributor: 'Looks after all connections and sources; sees no jobs.',
  IntegrationReader: 'Sees connections and sources; sees no jobs.',
};

export const ORGANISATION_ROLES = Object.keys(ABOUT) as OrganisationRole[];

export function RoleChoice({
  value,
  onChange,
}: {
  value: readonly OrganisationRole[];
  onChange(roles: OrganisationRole[]): void;
}) {
  return (
    <Checkbox.Group
      label="Roles in the organisation"
      value={[...value]}
      onChange={(roles) => onChange(roles as OrganisationRole[])}
    >
      <Stack gap={10} mt={8}>
        {ORGANISATION_ROLES.map((role) => (
          <Checkbox key={role} value={role} label={role} description={ABOUT[role]} />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}

/** Roles as a list shows them. */
export function Roles({ roles }: { roles: readonly string[] }) {
  if (roles.length === 0) {
    return (
      <Badge variant="default" tt="none" fw={500} radius="sm">
        No role
      </Badge>
    );
  }
  return roles.map((role) => (
    <Badge key={role} variant="light" tt="none" fw={550} radius="sm">
      {role}
    </Badge>
  ));
}
