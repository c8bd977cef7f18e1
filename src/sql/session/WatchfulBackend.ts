/** How often a backend that is busy looks whether its client has gone. PostgreSQL 14. */
const checkInterval = "2s"

/** How long what the server has sent may stay unacknowledged. Linux. */
const userTimeout = "30s"

/** Seconds until the first probe of an idle session, as on our side, and between the next ones. */
const keepalive = { idle: 60, interval: 5, count: 3 }

const set = (name: string, value: string | number) => `set_config('${name}', '${value}', false)`

/** What is not set, or not known to this server, as the null that `concat` leaves out. */
const ifUnset = (name: string, value: string) =>
  `CASE current_setting('${name}', true) WHEN '0' THEN ${set(name, value)} END`

/**
 * An expression that has a backend notice by itself when its client is gone for good, and free its
 * locks, also where nobody can look at it from the side. What somebody has set already is left alone,
 * and keepalives are only made sooner. Every role may set them for its own session.
 *
 * They are set by a statement and not at the start, because PgBouncer refuses a session that starts
 * with parameters which it does not know; and not through a proxy, whose own connection they would be
 * about, and which may hand that to others.
 */
export const watchesItsClient = `concat(
    ${ifUnset("client_connection_check_interval", checkInterval)},
    ${ifUnset("tcp_user_timeout", userTimeout)},
    CASE WHEN current_setting('tcp_keepalives_idle')::int > ${keepalive.idle} THEN concat(
      ${set("tcp_keepalives_idle", keepalive.idle)},
      ${set("tcp_keepalives_interval", keepalive.interval)},
      ${set("tcp_keepalives_count", keepalive.count)}) END)`
