import { Socket } from "node:net"
import { Deferred, Effect, type Scope } from "effect"
import { EmbeddedPostgresError } from "./EmbeddedPostgresError.ts"
import { type ProgramError, startProgram, type Watcher } from "./Program.ts"
import type { ServerDirectory } from "./ServerDirectory.ts"

/**
 * Reads on a pipe which server there is. The pipe closes when its owner dies, in whatever way:
 * then the server is asked to stop, told to, and killed, and a temporary directory is removed.
 *
 * The pid can't be somebody else's by then: it is free only after the owner has seen the server
 * end, and the owner says so here in the same breath. An orphan that has ended may stay a zombie,
 * where process 1 is no init.
 */
const script = `
server=
frozen=
while read -r line; do
  case $line in
    release) exit 0 ;;
    none) server= ;;
    frozen*) frozen=\${line#frozen} ;;
    *) server=$line ;;
  esac
done
runs() {
  kill -0 "$server" 2>/dev/null || return 1
  read -r stat 2>/dev/null < "/proc/$server/stat" || return 0
  case $stat in *") Z "*) return 1 ;; esac
}
[ -z "$frozen" ] || kill -s CONT $frozen 2>/dev/null
for signal in INT QUIT KILL; do
  [ -n "$server" ] && kill -s $signal "$server" 2>/dev/null || break
  tries=0
  while [ $tries -lt 100 ] && runs; do
    sleep 0.1
    tries=$((tries + 1))
  done
done
[ -z "$1" ] || rm -rf "$1"
`

const cannotGuard = (cause: ProgramError) =>
  new EmbeddedPostgresError({
    reason: "Unsupported",
    message: `The embedded Postgres needs /bin/sh, to be stopped if this process is killed, and it \
can't be run (${cause.message}). Here, set a database URL.`,
    cause
  })

const startGuard = ({ path, isTemporary }: ServerDirectory) =>
  startProgram(
    { file: "/bin/sh", args: ["-c", script, "holdfast-guard", isTemporary ? path : ""] },
    ["pipe", "ignore", "ignore"]
  ).pipe(Effect.mapError(cannotGuard))

/**
 * A process that outlives this one for as long as it takes to stop the server it was told about.
 * It goes with the scope, and by then does nothing any more.
 */
export const makeGuard = (
  directory: ServerDirectory
): Effect.Effect<Watcher, EmbeddedPostgresError, Scope.Scope> =>
  Effect.gen(function* () {
    const guard = yield* startGuard(directory)
    const { stdin } = guard.child
    // Its socket would keep this process alive. If the guard was killed, writing to it is in vain.
    if (stdin instanceof Socket) stdin.unref()
    stdin?.on("error", () => undefined)
    const say = (line: string) => {
      stdin?.write(`${line}\n`)
    }
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => stdin?.end("release\n")).pipe(
        Effect.andThen(Deferred.await(guard.ended)),
        Effect.interruptible,
        Effect.timeoutOption("2 seconds")
      )
    )
    return {
      started: (pid) => say(String(pid)),
      ended: () => say("none"),
      frozen: (pids) => say(`frozen ${pids.join(" ")}`)
    }
  })
