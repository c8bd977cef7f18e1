import { assert, describe, it } from "@effect/vitest"
import { FastCheck as fc } from "effect"
import * as RouteTable from "../../src/http/RouteTable.ts"

const lookUp = RouteTable.make([
  { method: "GET", path: "/health" },
  { method: "POST", path: "/auth/signup" },
  { method: "GET", path: "/auth/sessions" },
  { method: "DELETE", path: "/auth/sessions/:id" }
])

describe("RouteTable", () => {
  it("finds a path by exactly its spelling, whatever the query", () => {
    for (const target of [
      "/auth/signup",
      "/auth/signup?a=/b",
      "/auth/signup?",
      "http://h:1/auth/signup"
    ]) {
      assert.strictEqual(lookUp("POST", target)._tag, "Found", target)
    }
  })

  it("knows no other spelling of a path", () => {
    const spellings = [
      "//auth/signup",
      "/auth//signup",
      "/auth/signup/",
      "/Auth/signup",
      "/auth%2fsignup"
    ]
    spellings.push(
      "/auth/signu%70",
      "/auth/./signup",
      "/auth/signup;a",
      "/auth/signup#a",
      "auth/signup"
    )
    spellings.push(
      "/auth/signup%00",
      "\\auth\\signup",
      "/auth/signup ",
      "http:/auth/signup",
      "",
      "/",
      "*"
    )
    for (const target of spellings) {
      assert.strictEqual(lookUp("POST", target)._tag, "NoSuchPath", target)
    }
  })

  it("says which methods a path takes, HEAD with GET and OPTIONS always among them", () => {
    assert.deepStrictEqual(lookUp("PUT", "/health"), {
      _tag: "WrongMethod",
      path: "/health",
      allow: ["GET", "HEAD", "OPTIONS"]
    })
    assert.deepStrictEqual(lookUp("GET", "/auth/signup"), {
      _tag: "WrongMethod",
      path: "/auth/signup",
      allow: ["OPTIONS", "POST"]
    })
    assert.strictEqual(lookUp("HEAD", "/health")._tag, "Found")
    assert.strictEqual(lookUp("OPTIONS", "/auth/signup")._tag, "Found")
  })

  it("names a path with a parameter by its pattern, and takes no encoded parameter", () => {
    const found = lookUp("DELETE", "/auth/sessions/0a-b_c.d~e")
    assert.isTrue(found._tag === "Found" && found.path === "/auth/sessions/:id")
    for (const id of ["", "a/b", "a%62", "a;b", "a b"]) {
      assert.strictEqual(lookUp("DELETE", `/auth/sessions/${id}`)._tag, "NoSuchPath", id)
    }
  })

  it.prop("matches nothing that differs from a path in any character", [fc.string()], ([noise]) => {
    fc.pre(!noise.startsWith("?") && noise !== "")
    assert.strictEqual(lookUp("POST", `/auth/signup${noise}`)._tag, "NoSuchPath")
    assert.strictEqual(lookUp("POST", `${noise}/auth/signup`)._tag, "NoSuchPath")
  })
})
