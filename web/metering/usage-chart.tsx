// Calls and events per day as stacked bars. Loaded when there is something to draw: the library is larger than the page.
import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import type { Day, Series } from './series.ts';

const OUTCOME_COLOURS: Readonly<Record<string, string>> = {
  succeeded: 'teal.6',
  failed: 'red.6',
  unknown: 'grape.5',
};
const COLOURS = ['pawl.5', 'teal.6', 'orange.6', 'cyan.6', 'gray.6'];

export function UsageChart({ series, data }: { series: readonly Series[]; data: readonly Day[] }) {
  return (
    <BarChart
      h={260}
      data={[...data]}
      dataKey="day"
      type="stacked"
      withLegend
      legendProps={{ verticalAlign: 'bottom', height: 36 }}
      series={series.map(({ id, label }, i) => ({
        name: label,
        color: OUTCOME_COLOURS[id] ?? COLOURS[i % COLOURS.length] ?? 'gray.6',
      }))}
      xAxisProps={{ tickFormatter: dayText, minTickGap: 24 }}
      yAxisProps={{ width: 54, allowDecimals: false }}
      valueFormatter={(value) => value.toLocaleString('en')}
      maxBarWidth={38}
      barProps={{ isAnimationActive: false }}
      tooltipAnimationDuration={0}
    />
  );
}

const dayText = (day: string): string =>
  new Date(`${day}T00:00:00Z`).toLocaleDateString('en', { month: 'short', day: 'numeric', timeZone: 'UTC' });
