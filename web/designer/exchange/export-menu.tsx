// The definition in other notations, as a file.
import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import type { Definition } from '../../../engine/definition.ts';

const FORMATS = [
  { label: 'JSON, as it is', extension: 'json', type: 'application/json' },
  { label: 'XState', extension: 'xstate.json', type: 'application/json' },
  { label: 'Mermaid', extension: 'mmd', type: 'text/plain' },
  { label: 'SCXML', extension: 'scxml', type: 'application/xml' },
] as const;

type Format = (typeof FORMATS)[number];

export function ExportMenu({ definition, name }: { definition: Definition; name: string }) {
  const save = async (format: Format) => {
    const text = await written(definition, format);
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob([text], { type: format.type }));
    link.download = `${name}.${format.extension}`;
    link.click();
    URL.revokeObjectURL(link.href);
  };
  return (
    <Menu position="bottom-end" withinPortal>
      <Menu.Target>
        <Tooltip label="Export">
          <ActionIcon aria-label="Export" size={30}>
            <IconDownload size={18} />
          </ActionIcon>
        </Tooltip>
      </Menu.Target>
      <Menu.Dropdown>
        {FORMATS.map((format) => (
          <Menu.Item key={format.extension} onClick={() => void save(format)}>
            {format.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** What writes other notations is loaded when it is asked for. */
async function written(definition: Definition, { extension }: Format): Promise<string> {
  switch (extension) {
    case 'json':
      return `${JSON.stringify(definition, null, 2)}\n`;
    case 'xstate.json':
      return `${JSON.stringify((await import('./xstate.ts')).toXState(definition), null, 2)}\n`;
    case 'mmd':
      return (await import('./mermaid.ts')).toMermaid(definition);
    case 'scxml':
      return (await import('./scxml.ts')).toScxml(definition);
  }
}
