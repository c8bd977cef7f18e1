import { HttpApiEndpoint, HttpApiGroup, OpenApi } from "@effect/platform"
import { Draining } from "./ApiError.ts"
import { Alive, DatabaseDown, DatabaseUp, Ready } from "./Health.ts"

const alive = HttpApiEndpoint.get("alive", "/health")
  .addSuccess(Alive)
  .annotateContext(
    OpenApi.annotations({
      identifier: "alive",
      summary: "Is the service alive",
      description: "For load balancers. Never asks the database, so that it can sleep."
    })
  )

const ready = HttpApiEndpoint.get("ready", "/health/ready")
  .addSuccess(Ready)
  .addError(Draining)
  .annotateContext(
    OpenApi.annotations({
      identifier: "ready",
      summary: "Does the service want requests",
      description:
        "For load balancers. 503 from the moment the service was told to end, while it still accepts. Never asks the database, so that it can sleep."
    })
  )

const database = HttpApiEndpoint.get("database", "/health/database")
  .addSuccess(DatabaseUp)
  .addError(DatabaseDown)
  .annotateContext(
    OpenApi.annotations({
      identifier: "database",
      summary: "Is the database there",
      description:
        "Takes a connection and asks the database over it, at most once a second for all callers."
    })
  )

/** Is the service there, and is its database. */
export class HealthGroup extends HttpApiGroup.make("health")
  .add(alive)
  .add(ready)
  .add(database)
  .annotateContext(
    OpenApi.annotations({ title: "Health", description: "For load balancers and monitoring." })
  ) {}
