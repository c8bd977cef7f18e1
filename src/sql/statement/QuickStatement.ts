import type { Connection, Row } from "@effect/sql/SqlConnection"
import type { SqlError } from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import { Effect, Effectable, Option } from "effect"
import { type AnyFiber, isTraced } from "../../runtime/Traced.ts"

type Transform = Parameters<Connection["execute"]>[2]

/** How statements are run. */
export interface Running {
  /** The connection for a statement, which needs no scope. */
  readonly acquirer: Effect.Effect<Connection, SqlError>
  /** What the spans of statements say of the database. */
  readonly spanAttributes: ReadonlyArray<readonly [string, unknown]>
  readonly transformRows?: Transform
}

const isTransformed = (fiber: AnyFiber): boolean =>
  Option.isSome(fiber.getFiberRef(Statement.currentTransformer))

type Use<B> = (connection: Connection, text: string, values: ReadonlyArray<unknown>) => Result<B>

type Result<B> = Effect.Effect<B, SqlError>

/** A way to run a statement, under the name that `@effect/sql` gives it. */
interface Operation<B> {
  readonly name: string
  readonly use: Use<B>
  readonly isPlain?: boolean
}

/**
 * A statement of `@effect/sql`, which goes without a scope for its connection and, where no tracer
 * would see it, without a span: they cost more than all else it takes. What it waits for is part of
 * its span, which `@effect/sql` leaves out of its context. A transformer is left to `@effect/sql`.
 */
class QuickStatement<A>
  extends Effectable.Class<ReadonlyArray<A>, SqlError>
  implements Statement.Statement<A>
{
  private readonly watched: Statement.Statement<A>
  private readonly running: Running

  constructor(watched: Statement.Statement<A>, running: Running) {
    super()
    this.watched = watched
    this.running = running
  }

  get [Statement.FragmentId]() {
    return this.watched[Statement.FragmentId]
  }

  get segments() {
    return this.watched.segments
  }

  get raw() {
    const use: Use<unknown> = (connection, text, values) => connection.executeRaw(text, values)
    return this.run(this.watched.raw, { name: "executeRaw", use, isPlain: true })
  }

  get withoutTransform(): Result<ReadonlyArray<A>> {
    const use: Use<ReadonlyArray<A>> = (connection, text, values) =>
      connection.execute(text, values, undefined)
    const name = "executeWithoutTransform"
    return this.run(this.watched.withoutTransform, { name, use, isPlain: true })
  }

  get values() {
    const use: Use<ReadonlyArray<ReadonlyArray<unknown>>> = (connection, text, values) =>
      connection.executeValues(text, values)
    return this.run(this.watched.values, { name: "executeValues", use })
  }

  get unprepared(): Result<ReadonlyArray<A>> {
    const use: Use<ReadonlyArray<A>> = (connection, text, values) =>
      connection.executeUnprepared(text, values, this.running.transformRows)
    return this.run(this.watched.unprepared, { name: "executeUnprepared", use })
  }

  get stream() {
    return this.watched.stream
  }

  compile(withoutTransform?: boolean) {
    return this.watched.compile(withoutTransform)
  }

  commit(): Result<ReadonlyArray<A>> {
    const use: Use<ReadonlyArray<A>> = (connection, text, values) =>
      connection.execute(text, values, this.running.transformRows)
    return this.run(this.watched, { name: "execute", use })
  }

  toJSON() {
    const [sql, params] = this.compile()
    return { _id: "@effect/sql/Statement", segments: this.segments, sql, params }
  }

  private run<B>(watched: Result<B>, operation: Operation<B>): Result<B> {
    return Effect.withFiberRuntime((fiber) => {
      if (isTransformed(fiber)) return watched
      return isTraced(fiber) ? this.traced(operation) : this.quick(operation)
    })
  }

  private quick<B>({ isPlain, use }: Operation<B>): Result<B> {
    const [text, values] = this.watched.compile(isPlain)
    return Effect.flatMap(this.running.acquirer, (connection) => use(connection, text, values))
  }

  private traced<B>(operation: Operation<B>): Result<B> {
    const { acquirer, spanAttributes } = this.running
    return Effect.useSpan("sql.execute", { kind: "client", captureStackTrace: false }, (span) => {
      const [text, values] = this.watched.compile(operation.isPlain)
      for (const [key, value] of spanAttributes) span.attribute(key, value)
      span.attribute("db.operation.name", operation.name)
      span.attribute("db.query.text", text)
      return Effect.withParentSpan(
        Effect.flatMap(acquirer, (connection) => operation.use(connection, text, values)),
        span
      )
    })
  }
}

/** A constructor whose statements are quick. */
export const quick = (made: Statement.Constructor, how: Running): Statement.Constructor => {
  function sql<A extends object = Row>(
    strings: TemplateStringsArray,
    ...args: Array<unknown>
  ): Statement.Statement<A>
  function sql(value: string): Statement.Identifier
  function sql<A extends object>(
    strings: TemplateStringsArray | string,
    ...args: Array<unknown>
  ): Statement.Statement<A> | Statement.Identifier {
    return typeof strings === "string"
      ? made(strings)
      : new QuickStatement(made<A>(strings, ...args), how)
  }
  const unsafe = <A extends object>(text: string, values?: ReadonlyArray<unknown>) =>
    new QuickStatement(made.unsafe<A>(text, values), how)
  return Object.assign(sql, { ...made, unsafe })
}
