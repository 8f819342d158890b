import type { MetricQuery } from './endpoint-metrics';
import { type Link, renderLinks } from './console-links';

/** Columns of a mosaic dashboard, and rows of its tiles. */
const COLUMNS = 48;
const TEXT_HEIGHT = 6;
const CHART_HEIGHT = 16;

export interface Row {
  readonly title: string;
  readonly links: readonly Link[];
  readonly charts: readonly Chart[];
}

export interface Chart {
  readonly title: string;
  readonly metrics: readonly MetricQuery[];
}

/** `mosaicLayout` of Cloud Monitoring: for each row a line of text with links, and its charts side by side. */
export function renderDashboard(displayName: string, rows: readonly Row[]): object {
  let yPos = 0;
  const tiles = rows.flatMap(({ charts, links, title }) => {
    const text = {
      ...{ xPos: 0, yPos, width: COLUMNS, height: TEXT_HEIGHT },
      widget: { title, text: { content: renderLinks(links), format: 'MARKDOWN' } },
    };
    yPos += TEXT_HEIGHT;
    const width = Math.floor(COLUMNS / Math.max(charts.length, 1));
    const drawn = charts.map((chart, index) => ({
      ...{ xPos: index * width, yPos, width, height: CHART_HEIGHT },
      widget: renderChart(chart),
    }));
    if (charts.length > 0) yPos += CHART_HEIGHT;
    return [text, ...drawn];
  });
  return { displayName, mosaicLayout: { columns: COLUMNS, tiles } };
}

function renderChart({ metrics, title }: Chart): object {
  return {
    title,
    xyChart: {
      dataSets: metrics.map((metric) => ({
        plotType: 'LINE',
        legendTemplate: metric.title,
        timeSeriesQuery: renderQuery(metric),
      })),
      yAxis: { scale: 'LINEAR' },
    },
  };
}

function renderQuery({ aligner, denominatorFilter, filter, reducer }: MetricQuery): object {
  const part = (of: string) => ({
    filter: of,
    aggregation: { alignmentPeriod: '60s', perSeriesAligner: aligner, crossSeriesReducer: reducer },
  });
  return denominatorFilter === undefined
    ? { timeSeriesFilter: part(filter) }
    : { timeSeriesFilterRatio: { numerator: part(filter), denominator: part(denominatorFilter) } };
}
