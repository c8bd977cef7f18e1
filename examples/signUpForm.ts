/** What the page shows next. */
export type Next =
  | { readonly show: "welcome"; readonly email: string }
  | { readonly show: "check your mail" }
  | { readonly show: "issues"; readonly issues: ReadonlyArray<Issue> }
  | { readonly show: "message"; readonly message: string }

interface Issue {
  readonly field: string
  readonly message: string
}

/** What the service answers, as far as a form needs it. */
interface Answer {
  readonly user?: { readonly email: string }
  readonly issues?: ReadonlyArray<Issue>
  readonly message?: string
}

const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds))

/**
 * Signs up, in a browser. The session's token stays in a cookie that no script can read.
 *
 * Where there is no answer, or "later", it asks again with the same key: that gives the same user.
 */
export const signUp = async (
  service: string,
  form: { email: string; password: string }
): Promise<Next> => {
  const key = crypto.randomUUID()
  for (let tries = 1; tries <= 5; tries++) {
    const response = await fetch(`${service}/auth/signup?transport=cookie`, {
      method: "POST",
      credentials: "include",
      headers: { "content-type": "application/json", "idempotency-key": key },
      body: JSON.stringify(form)
    }).catch(() => undefined)
    const later = response?.headers.get("retry-after")
    if (response !== undefined && later === null) return next(response)
    await pause(Number(later ?? 1))
  }
  return { show: "message", message: "It takes too long. Please try again." }
}

const next = async (response: Response): Promise<Next> => {
  const { issues, message = "", user } = (await response.json()) as Answer
  if (response.status === 202) return { show: "check your mail" }
  if (user !== undefined) return { show: "welcome", email: user.email }
  return issues === undefined ? { show: "message", message } : { show: "issues", issues }
}
