/** Whether the gateway can withdraw what nginx keeps: shown before any answer lives for longer than a moment, and looked at again and again. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../log.ts'
import { inTurns } from './in-turns.ts'
import { keptName, keptNames, withdrawFile } from './kept-file.ts'
import { proveWithdrawal } from './kept-proof.ts'

export interface KeptTrust {
  isProven(): boolean
  /** Withdraws all that is there, by whomever it was let be kept; nothing is proven until then. */
  begin(): void
  /** The second until which nginx may keep the answer to this key, to try it out; null: it is not the time for that. */
  tryOut(key: string): number | null
  /** nginx was told to keep an answer of this name. */
  watch(name: string): void
  doubt(because: string): void
  stop(): void
}

export interface KeptTrustOptions {
  readonly folder: string
  readonly log: Log
  readonly now: () => number
  /** Answers live for a moment again, and those that are kept should go. */
  readonly onDoubt: () => void
}

/** `closed`: not all of what earlier processes left is withdrawn. */
type State = 'closed' | 'unproven' | 'proven'

interface Trust {
  state: State
  /** Counts what was begun: what an earlier one still waits for says nothing. */
  turn: number
  /** Of the next trial; one at a time. */
  trialAt: number
  failures: number
  watchedAt: number
  missing: number
}

/** After the one before. A process that is gone may have answered just before it went. */
const sweepsMs = [0, 500, 1_500]
const retryMs = 10_000
/** One answer in so many milliseconds is looked for, once nginx has had the time to write it. */
const watchEveryMs = 1_000
const watchAfterMs = 500
/** Clients that went away leave no file either, but not one after the other. */
const maxMissing = 3
/** In a row, until it is said, and tried less often. */
const maxFailures = 3

const cannot = 'answers that nginx keeps cannot be withdrawn; they live for 2 s'

/** Rejects where it cannot be done. */
async function sweep(folder: string): Promise<void> {
  await inTurns(await keptNames(folder), (name) => withdrawFile(join(folder, name)))
}

async function open({ folder, log }: KeptTrustOptions, trust: Trust): Promise<void> {
  const { turn } = trust
  const sweepAll = async (): Promise<void> => {
    for (const wait of sweepsMs) {
      await sleep(wait, undefined, { ref: false })
      if (turn === trust.turn) await sweep(folder)
    }
    if (turn === trust.turn) trust.state = 'unproven'
  }
  for (let tries = 0; turn === trust.turn && trust.state === 'closed'; tries++) {
    if (tries > 0) await sleep(retryMs, undefined, { ref: false })
    await sweepAll().catch((error: unknown) => {
      if (tries === 0) log.warn({ folder, because: String(error) }, cannot)
    })
  }
}

async function prove(options: KeptTrustOptions, trust: Trust, key: string, validSec: number): Promise<void> {
  const { folder, log, now } = options
  const { turn } = trust
  const because = await proveWithdrawal({ folder, path: join(folder, keptName(key)), key, validSec })
  if (turn !== trust.turn || trust.state !== 'unproven') return
  trust.failures = because === null ? 0 : trust.failures + 1
  trust.trialAt = now() + (trust.failures < maxFailures ? 0 : retryMs)
  if (because === null) {
    trust.state = 'proven'
    trust.missing = 0
    log.info({ folder }, 'answers that nginx keeps can be withdrawn; they live as long as their pass')
  } else if (trust.failures === maxFailures) log.warn({ folder, because }, cannot)
}

export function createKeptTrust(options: KeptTrustOptions): KeptTrust {
  const { folder, log, now, onDoubt } = options
  const trust: Trust = { state: 'closed', turn: 0, trialAt: 0, failures: 0, watchedAt: 0, missing: 0 }
  const doubt = (because: string): void => {
    if (trust.state !== 'proven') return
    trust.state = 'unproven'
    trust.trialAt = now() + retryMs
    log.warn({ folder, because }, 'it is in doubt whether answers that nginx keeps can be withdrawn; they live for 2 s')
    onDoubt()
  }
  const look = (name: string): void => {
    trust.missing = existsSync(join(folder, name)) ? 0 : trust.missing + 1
    if (trust.missing >= maxMissing) doubt(`nginx keeps no answers in ${folder} any more`)
  }
  return {
    isProven: () => trust.state === 'proven',
    doubt,
    begin() {
      Object.assign(trust, { state: 'closed', turn: trust.turn + 1, trialAt: 0, failures: 0 } satisfies Partial<Trust>)
      void open(options, trust)
    },
    tryOut(key) {
      if (trust.state !== 'unproven' || now() < trust.trialAt) return null
      trust.trialAt = Number.POSITIVE_INFINITY
      const validSec = Math.floor(now() / 1_000) + 1
      void prove(options, trust, key, validSec)
      return validSec
    },
    watch(name) {
      if (now() - trust.watchedAt < watchEveryMs) return
      trust.watchedAt = now()
      setTimeout(() => look(name), watchAfterMs).unref()
    },
    stop() {
      trust.turn++
      trust.state = 'closed'
    },
  }
}
