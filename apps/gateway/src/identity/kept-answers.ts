/**
 * How long nginx may keep an answer, which the gateway takes back where the session ends before. Until it has shown that it can, and
 * whenever that is in doubt, answers live for nginx's usual moment of two seconds at most.
 */
import { join } from 'node:path'
import type { Log } from '../log.ts'
import { keptName, withdrawFile } from './kept-file.ts'
import { createKeptNames } from './kept-names.ts'
import { createKeptTrust } from './kept-trust.ts'
import { createWithdrawals } from './withdrawals.ts'

export interface Kept {
  /** `proxy_cache_key` of the question. */
  readonly key: string
  readonly sid: string
  /** Milliseconds since the epoch: the answer must not be given after that, but for a moment. */
  readonly until: number
}

export interface KeptAnswers {
  /** Headers of the answer, names and values in turn. */
  keep(answer: Kept): readonly string[]
  /** Answers are those of a new configuration from now on; all others are withdrawn. */
  begin(): void
  /** No question of that session gets a kept answer from now on. */
  withdraw(sid: string): void
  withdrawAll(): void
  /** Withdraws all of its own. */
  close(): void
}

export interface KeptAnswersOptions {
  readonly folder: string
  readonly log: Log
  readonly now: () => number
  /** Whether it would be told of a session's end. */
  readonly hears: () => boolean
}

const tickMs = 250
const forgetEvery = 20
/** An ended session is remembered for the answers that are on their way. */
const endedMs = 60_000

const none: readonly string[] = []
const secondOf = (ms: number): number => Math.floor(ms / 1_000)
/** nginx gives the answer to the end of this second. */
const accelExpires = (second: number): readonly string[] => ['X-Accel-Expires', `@${second}`]

export function createKeptAnswers({ folder, log, now, hears }: KeptAnswersOptions): KeptAnswers {
  const names = createKeptNames()
  const ended = new Map<string, number>()
  const withdrawOne = (name: string): void => {
    try {
      withdrawFile(join(folder, name))
    } catch (error) {
      trust.doubt(String(error))
    }
  }
  const withdrawals = createWithdrawals(withdrawOne, now)
  const withdrawAll = (): void => void withdrawals.soon(names.take())
  const trust = createKeptTrust({ folder, log, now, onDoubt: withdrawAll })
  const forgetOld = (): void => {
    names.forgetEnded(now())
    for (const [sid, at] of ended) if (now() - at > endedMs) ended.delete(sid)
  }
  let ticks = 0
  const timer = setInterval(() => {
    void withdrawals.again()
    if (++ticks % forgetEvery === 0) forgetOld()
  }, tickMs).unref()

  return {
    keep({ key, sid, until }) {
      if (ended.has(sid) || !hears()) return none
      if (!trust.isProven()) {
        const second = trust.tryOut(key)
        return second === null ? none : accelExpires(second)
      }
      const last = secondOf(until) - 1
      if (last <= secondOf(now()) + 1) return none
      const name = keptName(key)
      if (!names.add(sid, name, until)) return none
      trust.watch(name)
      return accelExpires(last)
    },
    begin() {
      withdrawAll()
      trust.begin()
    },
    withdraw(sid) {
      ended.set(sid, now())
      withdrawals.now(names.take(sid))
    },
    withdrawAll,
    close() {
      clearInterval(timer)
      trust.stop()
      for (const { name } of names.take()) withdrawOne(name)
    },
  }
}
