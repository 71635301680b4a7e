/** How many interactions. */
export const DATA_POINTS = 'data_points';

/** What a chart may show, in the columns of the results. */
export const CHARTS = {
  latency: {
    mean: 'mean_latency_ms',
    median: 'median_latency_ms',
    p95: 'p95_latency_ms',
    p99: 'p99_latency_ms',
    min: 'min_latency_ms',
    max: 'max_latency_ms',
    outside: 'median_polled_ms',
  },
  cpu: {
    handler: 'mean_handler_cpu_pct',
    database: 'mean_db_cpu_pct',
    broker: 'mean_broker_cpu_pct',
    endpoint: 'mean_endpoint_cpu_pct',
  },
  memory: {
    handler: 'mean_handler_mem_mib',
    database: 'mean_db_mem_mib',
    broker: 'mean_broker_mem_mib',
    endpoint: 'mean_endpoint_mem_mib',
  },
  way: {
    requested: 'median_hop_requested_ms',
    produced: 'median_hop_produced_ms',
    decided: 'median_hop_decided_ms',
    published: 'median_hop_published_ms',
    projected: 'median_hop_projected_ms',
    delivered: 'median_hop_delivered_ms',
    shown: 'median_hop_shown_ms',
  },
  counts: {
    interactions: DATA_POINTS,
    timeouts: 'timeouts',
    heartbeats: 'heartbeats_per_s',
  },
} as const;

/** The standard error of what is a mean, where the results have it. */
export const STANDARD_ERROR: Readonly<Record<string, string>> = {
  mean_latency_ms: 'stderr_latency_ms',
  heartbeats_per_s: 'stderr_heartbeats_per_s',
};

/** A chart. */
export type ChartName = keyof typeof CHARTS;

/** Of whom a figure is. */
export const CATEGORY = 'category';
/** The highest load that the category held, the same in all its rows. */
export const HIGHEST_LOAD = 'highest_load_per_s';
/** 1 where it broke above that, 0 where it might have held more. */
export const BROKE = 'broke';
/** Messages a second beside the interactions. */
export const LOAD = 'additional_load_per_s';
