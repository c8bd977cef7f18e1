/** argon2id's parameters, as the library names them. */
export interface HashCost {
  readonly memoryCost: number
  readonly timeCost: number
  readonly parallelism: number
  readonly outputLen: number
}

/**
 * What hashes are made at: 19 MiB, two passes and one lane, the least that OWASP (Password Storage Cheat
 * Sheet; ASVS 5.0, appendix C) accepts, and some 13 ms of one core. The library's defaults make it argon2id
 * of version 19 with 16 random bytes of salt.
 */
export const todaysCost: HashCost = {
  memoryCost: 19456,
  timeCost: 2,
  parallelism: 1,
  outputLen: 32
}
