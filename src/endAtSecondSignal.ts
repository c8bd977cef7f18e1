/** As a shell tells of a process that a signal has ended: 128 and the signal's number. */
const codes = { SIGINT: 130, SIGTERM: 143 } as const

/** One Ctrl-C under `npm start` comes twice within milliseconds: from the terminal and from npm. */
const ECHO_MS = 250

/**
 * Ends the process at once, with the code of the signal, when it is asked to end a second time: the
 * first lets it finish (`NodeRuntime.runMain`). Nothing is waited for and no finalizer runs; an
 * embedded Postgres is stopped by its guard.
 *
 * Node's own default would do the same, but not for the first process of a container.
 */
export const endAtSecondSignal = (): void => {
  let firstAt: number | undefined
  const onSignal = (code: number) => () => {
    firstAt ??= performance.now()
    if (performance.now() - firstAt > ECHO_MS) process.exit(code)
  }
  process.on("SIGINT", onSignal(codes.SIGINT))
  process.on("SIGTERM", onSignal(codes.SIGTERM))
}
