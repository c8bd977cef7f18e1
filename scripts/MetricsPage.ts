import { Metric, MetricKeyType, Option } from "effect"
import { authMetrics } from "../src/auth/AuthMetrics.ts"
import { httpMetrics } from "../src/http/HttpMetrics.ts"
import { poolMetrics } from "../src/pool/PoolMetrics.ts"
import { recoveryMetrics } from "../src/sql/statement/Recovery.ts"
import { catalogue, isOurs, prometheusName } from "../src/telemetry/Catalogue.ts"
import { processMetrics } from "../src/telemetry/ProcessMetrics.ts"

interface Known {
  readonly type: "counter" | "gauge" | "histogram"
  readonly sentence: string
}

const typeOf = (key: MetricKeyType.MetricKeyType.Untyped): Known["type"] => {
  if (MetricKeyType.isHistogramKey(key)) return "histogram"
  return MetricKeyType.isCounterKey(key) ? "counter" : "gauge"
}

/** All metrics that the code has, as it describes them. */
const described = (): ReadonlyMap<string, Known> => {
  for (const floor of [poolMetrics, recoveryMetrics, httpMetrics, authMetrics, processMetrics]) {
    for (const metric of Object.values(floor)) metric.register()
  }
  return new Map(
    Metric.unsafeSnapshot().map(({ metricKey: { description, keyType, name } }) => [
      name,
      { type: typeOf(keyType), sentence: Option.getOrElse(description, () => "") }
    ])
  )
}

/** Metrics that the code has and the catalogue does not. */
export const forgotten = (): ReadonlyArray<string> =>
  [...described().keys()].filter((name) => !isOurs(name) && !name.startsWith("effect_"))

const row = (name: string, { sentence, type }: Known): string => {
  const { labels, unit } = catalogue[name] ?? { unit: "1", labels: {} }
  const total = type === "counter" ? "_total" : ""
  const bounded = Object.entries(labels).map(([label, values]) => `\`${label}\`: ${values}`)
  return `| \`${name}\`<br>\`${prometheusName(name)}${total}\` | ${type} | ${unit} | ${bounded.join("<br>") || "none"} | ${sentence} |`
}

/** The whole of docs/metrics.md. */
export const page = (): string => {
  const known = described()
  const rows = Object.keys(catalogue).map((name) =>
    row(name, known.get(name) ?? { type: "gauge", sentence: "Not in the code." })
  )
  return [
    "# Metrics",
    "",
    "Written by `npm run metrics`. The first name is the one in OTLP, the second the one at `/metrics`,",
    "where labels have `_` for `.`. Histograms have `_bucket`, `_sum` and `_count` there.",
    "",
    "| Metric | Type | Unit | Labels, and what bounds their values | What it says |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
    ""
  ].join("\n")
}
