import type { ReleaseSettings } from './release-settings';
import { decimal, literal, value } from './expression';
import { API_RETRY } from './edges';
import type { Steps, Subworkflow, WorkflowSource } from './source';

/** Fails where a limit is exceeded by the version `id` since `since`, in seconds since 1970. */
export const JUDGE_RELEASE = 'judge_release';
const MEASURE = 'measure';

/** Shortest period that Cloud Monitoring aligns to. */
const MIN_PERIOD_SECONDS = 60;

/** What turns a release back, asked of Cloud Monitoring. What was not measured is no reason to. */
export function judgeSubworkflows(settings: ReleaseSettings): WorkflowSource {
  const { limits, projectName, target } = settings;
  return {
    [JUDGE_RELEASE]: {
      params: ['id', 'since'],
      steps: [
        {
          judge_begin: {
            assign: [{ only: value(`${literal(` AND ${target.versionLabel} = "`)} + id + "\\""`) }],
          },
        },
        ...limits.flatMap(({ metric, most }, index) => judgeLimit(index, metric, most)),
        { judge_done: { return: true } },
      ],
    },
    ...(limits.length > 0 && { [MEASURE]: measure(projectName) }),
  };
}

function judgeLimit(index: number, metric: ReleaseSettings['limits'][number]['metric'], most: number): Steps {
  const { aligner, denominatorFilter, filter, reducer, title } = metric;
  const [name, measured, all] = [`judge_${index + 1}`, `measured_${index + 1}`, `all_${index + 1}`];
  const ask = (query: string, result: string) => ({
    call: MEASURE,
    args: { filter: value(`${literal(query)} + only`), aligner, reducer, since: value('since') },
    result,
  });
  const share = denominatorFilter === undefined ? measured : `${measured} / ${all}`;
  return [
    { [name]: ask(filter, measured) },
    ...(denominatorFilter === undefined ? [] : [{ [`${name}_of_all`]: ask(denominatorFilter, all) }]),
    {
      [`${name}_known`]: {
        switch: [
          { condition: value(`${measured} == null`), next: `${name}_held` },
          ...(denominatorFilter === undefined
            ? []
            : [
                { condition: value(`${all} == null`), next: `${name}_held` },
                { condition: value(`${all} == 0`), next: `${name}_held` },
              ]),
          { condition: value(`${share} <= ${decimal(most)}`), next: `${name}_held` },
        ],
      },
    },
    {
      [`${name}_exceeded`]: {
        raise: {
          message: value(`${literal(`${title}: `)} + string(${share}) + ${literal(`, at most ${most}`)}`),
          tags: ['AlarmRaised'],
        },
      },
    },
    { [`${name}_held`]: { assign: [{ judged: index + 1 }] } },
  ];
}

/** The largest value since then, or `null` where there is none. */
function measure(projectName: string): Subworkflow {
  const number =
    'default(map.get(point.value, "doubleValue"), default(map.get(point.value, "int64Value"), 0))';
  return {
    params: ['filter', 'aligner', 'reducer', 'since'],
    steps: [
      {
        measure_begin: {
          assign: [
            { largest: null },
            { until: value('sys.now()') },
            { period: value(`string(int(math.max(${MIN_PERIOD_SECONDS}, until - since))) + "s"`) },
          ],
        },
      },
      {
        measure_ask: {
          try: {
            call: 'http.get',
            args: {
              url: `https://monitoring.googleapis.com/v3/${projectName}/timeSeries`,
              auth: { type: 'OAuth2' },
              query: {
                filter: value('filter'),
                'interval.startTime': value('time.format(since)'),
                'interval.endTime': value('time.format(until)'),
                'aggregation.alignmentPeriod': value('period'),
                'aggregation.perSeriesAligner': value('aligner'),
                'aggregation.crossSeriesReducer': value('reducer'),
              },
            },
            result: 'answer',
          },
          retry: API_RETRY,
        },
      },
      {
        measure_series: {
          for: {
            value: 'series',
            in: value('default(map.get(answer.body, "timeSeries"), [])'),
            steps: [
              {
                measure_points: {
                  for: {
                    value: 'point',
                    in: value('series.points'),
                    steps: [
                      { measure_point: { assign: [{ number: value(`double(${number})`) }] } },
                      {
                        measure_larger: {
                          switch: [
                            { condition: value('largest == null'), next: 'measure_keep' },
                            { condition: value('number <= largest'), next: 'continue' },
                          ],
                        },
                      },
                      { measure_keep: { assign: [{ largest: value('number') }] } },
                    ],
                  },
                },
              },
            ],
          },
        },
      },
      { measure_done: { return: value('largest') } },
    ],
  };
}
