// The organisation itself.
import { Button, Group, Stack, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { Resource } from '../api/client.ts';
import { meQuery } from '../api/queries.ts';
import { ConflictNote } from '../elements/conflict-note.tsx';
import { CopyText } from '../elements/copy-text.tsx';
import { Panel } from '../elements/panel.tsx';
import { renameTenant } from './access-requests.ts';
import { OwnersOnly, useMay } from './permissions.tsx';
import classes from './settings.module.css';
import { useChange } from './use-change.ts';

export function OrganisationSection() {
  const { data: me } = useQuery(meQuery);
  const may = useMay();
  if (!me) return null;
  return (
    <Panel title="Organisation">
      <Stack gap="lg">
        <Name tenant={me.tenant} mayChange={may('tenant.write')} />
        <dl className={classes.facts}>
          <dt>Short name</dt>
          <dd>
            <CopyText text={me.tenant.slug} label="Copy the short name" />
          </dd>
          <dt>Id</dt>
          <dd>
            <CopyText text={me.tenant.id} label="Copy the id" />
          </dd>
        </dl>
      </Stack>
    </Panel>
  );
}

function Name({ tenant, mayChange }: { tenant: Resource<'Me'>['tenant']; mayChange: boolean }) {
  const [name, setName] = useState(tenant.name);
  // Of the name that was there to be edited, whatever has been read since.
  const [etag, setEtag] = useState(tenant.etag);
  const queries = useQueryClient();
  const take = (there: { name: string; etag: string }) => {
    setName(there.name);
    setEtag(there.etag);
  };
  const rename = useChange(renameTenant, (renamed) => {
    take(renamed);
    notifications.show({ message: `The organisation is called ${renamed.name} now.` });
  });

  async function load() {
    take((await queries.fetchQuery({ ...meQuery, staleTime: 0 })).tenant);
    rename.reset();
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    rename.mutate({ name, etag });
  }

  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Group align="flex-end" gap="xs" wrap="nowrap">
          <TextInput
            label="Name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            readOnly={!mayChange}
            maxLength={200}
            required
            withAsterisk={false}
            flex={1}
          />
          {mayChange && (
            <Button type="submit" loading={rename.isPending} disabled={name.trim() === tenant.name}>
              Rename
            </Button>
          )}
        </Group>
        {!mayChange && <OwnersOnly>Renaming it</OwnersOnly>}
        {rename.isError && <ConflictNote error={rename.error} onLoad={load} />}
      </Stack>
    </form>
  );
}
