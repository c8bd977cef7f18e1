import type { BetterAuthOptions } from "@better-auth/core"
import {
  type AdapterFactoryConfig,
  type AdapterFactoryCustomizeAdapterCreator,
  type CustomAdapter,
  createAdapterFactory,
  type DBAdapter
} from "@better-auth/core/db/adapter"
import type { SqlClient } from "@effect/sql/SqlClient"
import { Effect, type ManagedRuntime, Predicate } from "effect"
import { type Executor, executorOn } from "./Executor.ts"
import { withJoined } from "./Joins.ts"
import { count, deleteAll, deleteOne, insert, select, updateAll, updateOne } from "./Statements.ts"

const config = {
  adapterId: "holdfast",
  adapterName: "holdfast",
  supportsJSON: true,
  supportsUUIDs: true,
  // As text, or the driver would send a list as an array of PostgreSQL.
  customTransformInput: ({ action, data, fieldAttributes }) =>
    fieldAttributes.type === "json" && data !== null && (action === "create" || action === "update")
      ? JSON.stringify(data)
      : data
} satisfies AdapterFactoryConfig

type FindOne = Parameters<CustomAdapter["findOne"]>[0]
type FindMany = Parameters<CustomAdapter["findMany"]>[0]
type Update<T> = Parameters<CustomAdapter["update"]>[0] & { readonly update: T }

const methods =
  ({ read, write }: Executor): AdapterFactoryCustomizeAdapterCreator =>
  ({ getFieldName }) => {
    const columnsOf = (model: string, fields: ReadonlyArray<string> = []) =>
      fields.map((field) => getFieldName({ model, field }))
    return {
      create: ({ data, model }) => write(insert(model, data)),
      findOne: <T>({ join, model, select: fields, where }: FindOne) =>
        read(
          select<T>({ model, where, columns: columnsOf(model, fields), limit: 1 }).pipe(
            Effect.flatMap((rows) => withJoined(model, rows, join)),
            Effect.map(([row]) => row ?? null)
          )
        ),
      findMany: <T>({ join, model, select: fields, sortBy, ...rest }: FindMany) =>
        read(
          select<T>({
            ...rest,
            model,
            columns: columnsOf(model, fields),
            sortBy: sortBy && { ...sortBy, field: getFieldName({ model, field: sortBy.field }) }
          }).pipe(
            Effect.flatMap((rows) => withJoined(model, rows, join)),
            Effect.map((rows) => [...rows])
          )
        ),
      count: (target) => read(count(target)),
      update: <T>({ model, update, where }: Update<T>) =>
        write(updateOne<T>({ model, where, set: Predicate.isRecord(update) ? update : {} })),
      updateMany: ({ model, update, where }) => write(updateAll({ model, where, set: update })),
      incrementOne: (change) => write(updateOne(change)),
      consumeOne: (target) => write(deleteOne(target)),
      delete: (target) => write(Effect.asVoid(deleteAll(target))),
      deleteMany: (target) => write(deleteAll(target))
    }
  }

const adapterOn = (executor: Executor, options: BetterAuthOptions): DBAdapter =>
  createAdapterFactory({
    config: {
      ...config,
      transaction: (work) => executor.transaction((inside) => work(adapterOn(inside, options)))
    },
    adapter: methods(executor)
  })(options)

/**
 * A database for `betterAuth({ database })`, on the client of a runtime.
 *
 * What better-auth does in a transaction is one: a sign-up leaves a user with an account and a session,
 * or nothing. A connection that is lost meanwhile is not its end: see {@link Executor}.
 */
export const holdfastAdapter =
  <E>(database: ManagedRuntime.ManagedRuntime<SqlClient, E>) =>
  (options: BetterAuthOptions): DBAdapter =>
    adapterOn(executorOn(database), options)
