/** The floor: `floor.mjs` behind node:http, and nothing else. */
import { createServer } from "node:http"
import { lookedUp, signedUp } from "./floor.mjs"

const answer = (response, status, body) => {
  const text = JSON.stringify(body)
  response
    .writeHead(status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text)
    })
    .end(text)
}

const bodyOf = async (request) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  return JSON.parse(Buffer.concat(chunks).toString())
}

const routes = {
  "GET /health": async (_, response) => answer(response, 200, {}),
  "GET /auth/session": async (request, response) => {
    const session = await lookedUp(request.headers.authorization?.slice("Bearer ".length) ?? "")
    if (session === undefined) return answer(response, 401, { message: "No session" })
    return answer(response, 200, session)
  },
  "POST /auth/signup": async (request, response) =>
    answer(response, 201, await signedUp(await bodyOf(request)))
}

const handle = (request, response) => {
  const route = routes[`${request.method} ${request.url}`]
  if (route === undefined) return answer(response, 404, {})
  return route(request, response).catch(({ message }) => answer(response, 500, { message }))
}

createServer(handle).listen(Number(process.env.PORT), "127.0.0.1")
