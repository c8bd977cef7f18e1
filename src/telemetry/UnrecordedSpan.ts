import { randomUUID } from "node:crypto"
import { type Context, Option, type Tracer } from "effect"

const nothing: ReadonlyMap<string, unknown> = new Map()
const none: ReadonlyArray<Tracer.SpanLink> = []

/** How a span is begun. */
export interface Beginning {
  readonly name: string
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly context: Context.Context<never>
  readonly startTime: bigint
  readonly kind: Tracer.SpanKind
}

/** A span that keeps nothing but who it is: requests and their log lines are known by that. */
export class UnrecordedSpan implements Tracer.Span {
  readonly _tag = "Span"
  readonly name: string
  readonly spanId: string
  readonly traceId: string
  readonly parent: Option.Option<Tracer.AnySpan>
  readonly context: Context.Context<never>
  readonly status: Tracer.SpanStatus
  readonly kind: Tracer.SpanKind
  readonly attributes = nothing
  readonly links = none
  readonly sampled = false

  constructor({ context, kind, name, parent, startTime }: Beginning) {
    const id = randomUUID().replaceAll("-", "")
    this.name = name
    this.parent = parent
    this.context = context
    this.kind = kind
    this.status = { _tag: "Started", startTime }
    this.traceId = Option.match(parent, { onNone: () => id, onSome: ({ traceId }) => traceId })
    this.spanId = id.slice(16)
  }

  attribute(): void {}
  event(): void {}
  end(): void {}
  addLinks(): void {}
}
