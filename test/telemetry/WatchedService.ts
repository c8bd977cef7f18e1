import { Context, Duration, Effect, Layer, Redacted } from "effect"
import { Server } from "../../src/http/Server.ts"
import * as MetricsRoute from "../../src/telemetry/MetricsRoute.ts"
import * as OtlpExport from "../../src/telemetry/OtlpExport.ts"
import { MemoryMailer } from "../../src/testing/MemoryMailer.ts"
import { cheapPasswords } from "../auth/CheapPasswords.ts"
import { Service } from "../http/Service.ts"
import { serviceWithMail } from "../support/RunningService.ts"
import { TestDatabase } from "../support/TestDatabase.ts"
import { busyDay } from "./BusyDay.ts"
import { type OtlpReceiver, otlpReceiver } from "./OtlpReceiver.ts"

/** What reads `/metrics`. */
export const metricsToken = "c4n4ry-metrics-token"

/** What the receiver of telemetry wants to see. */
export const otlpKey = "c4n4ry-otlp-key"

/** Where the telemetry of the service under test goes. */
export class Receiver extends Context.Tag("test/telemetry/Receiver")<Receiver, OtlpReceiver>() {
  static readonly layer = Layer.scoped(Receiver, otlpReceiver)
}

/** What was secret in all that the service has been through when the tests begin. */
export class Secrets extends Context.Tag("test/telemetry/Secrets")<
  Secrets,
  ReadonlyArray<string>
>() {}

/** Telemetry, delivered often. */
export const exported = (options: Partial<OtlpExport.OtlpOptions> = {}) =>
  Layer.unwrapEffect(
    Effect.map(Receiver, ({ url }) =>
      OtlpExport.layer({
        endpoint: url,
        protocol: "http/protobuf",
        headers: Redacted.make({ "x-key": otlpKey }),
        serviceName: "watched",
        traceRatio: 1,
        metricInterval: Duration.millis(100),
        traceInterval: Duration.millis(100),
        shutdownTimeout: Duration.millis(500),
        ...options
      })
    )
  )

/** The whole service over a database of its own, with all that watches it, after a busy day. */
export const watchedService = Layer.effect(Secrets, busyDay).pipe(
  Layer.provideMerge(
    Layer.effect(
      Service,
      Effect.map(Server, ({ url }) => ({ url }))
    )
  ),
  Layer.provide(
    serviceWithMail(
      { passwords: cheapPasswords, trustedHops: 1 },
      MetricsRoute.layer({ token: Redacted.make(metricsToken), serviceName: "watched" })
    )
  ),
  Layer.provideMerge(MemoryMailer.layer),
  Layer.provideMerge(TestDatabase.layer),
  Layer.provide(exported()),
  Layer.provideMerge(Receiver.layer)
)
