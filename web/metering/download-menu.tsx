// The rows of the period that is shown, as a file.
import { Button, Menu } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconChevronDown, IconDownload } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { asProblem } from '../api/problem.ts';
import { download, type Format } from './metering-requests.ts';
import type { Range } from './range.ts';

const FORMATS: readonly { format: Format; label: string }[] = [
  { format: 'csv', label: 'CSV' },
  { format: 'jsonl', label: 'JSON Lines' },
  { format: 'parquet', label: 'Parquet' },
  { format: 'cloudevents', label: 'CloudEvents' },
];

export function DownloadMenu({ range }: { range: Range }) {
  const saving = useMutation({
    mutationFn: (format: Format) => download(range, format),
    onError: (error) => {
      const { title, message } = asProblem(error);
      notifications.show({ color: 'red', title, message });
    },
  });
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button
          variant="default"
          loading={saving.isPending}
          leftSection={<IconDownload size={16} />}
          rightSection={<IconChevronDown size={14} />}
        >
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {FORMATS.map(({ format, label }) => (
          <Menu.Item key={format} onClick={() => saving.mutate(format)}>
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
