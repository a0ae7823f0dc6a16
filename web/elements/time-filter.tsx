// When something happened, as a filter: one of the usual times until now, or from and to as one likes.
import { Select, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { fieldOf, isoOf, zoneHere } from './local-time.ts';

/** Either so many `ago`, or `from` and `to`: ISO, each may be left open. */
export interface Times {
  ago?: number | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

const OWN = 'own';

export function TimeFilter({
  label,
  placeholder,
  presets,
  value,
  onChange,
}: {
  label: string;
  /** What holds when nothing is chosen. */
  placeholder: string;
  presets: readonly { ago: number; label: string }[];
  value: Times;
  onChange(times: Times): void;
}) {
  const [choosing, setChoosing] = useState(false);
  const own = value.from !== undefined || value.to !== undefined || (choosing && value.ago === undefined);
  const choose = (chosen: string | null) => {
    setChoosing(chosen === OWN);
    onChange({ ago: chosen === null || chosen === OWN ? undefined : Number(chosen) });
  };
  return (
    <>
      <Select
        aria-label={label}
        placeholder={placeholder}
        data={[
          ...presets.map(({ ago, label }) => ({ value: String(ago), label })),
          { value: OWN, label: 'From … to …' },
        ]}
        value={own ? OWN : value.ago === undefined ? null : String(value.ago)}
        onChange={choose}
        clearable
      />
      {own && (
        <>
          <Moment label="From" value={value.from} onChange={(from) => onChange({ from, to: value.to })} />
          <Moment label="To" value={value.to} onChange={(to) => onChange({ from: value.from, to })} />
          <Text size="xs" c="dimmed" style={{ alignSelf: 'center' }}>
            in {zoneHere()}
          </Text>
        </>
      )}
    </>
  );
}

/** Long before there was anything to look for: a year that is being typed is 0002, 0020, 0202 on its way to 2026. */
const EARLIEST = '2000';

function Moment({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string | undefined;
  onChange(value: string | undefined): void;
}) {
  const [typed, setTyped] = useState({ of: value, text: fieldOf(value) });
  // The address may have changed beside the field.
  if (typed.of !== value) setTyped({ of: value, text: fieldOf(value) });
  return (
    <TextInput
      type="datetime-local"
      aria-label={label}
      leftSection={label}
      leftSectionWidth={label.length * 8 + 18}
      wrapperProps={{ 'data-wide': true }}
      value={typed.text}
      onChange={({ currentTarget: { value: text } }) => {
        const next = text >= EARLIEST ? isoOf(text) : undefined;
        setTyped({ of: text === '' ? undefined : (next ?? typed.of), text });
        if (text === '' || next !== undefined) onChange(next);
      }}
    />
  );
}
