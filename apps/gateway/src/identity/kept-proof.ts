/** Shows on an answer that lives for a moment that the gateway can withdraw what nginx keeps: it is there, as it was told, and is none afterwards. */
import { setTimeout as sleep } from 'node:timers/promises'
import { keptVersion, readKept, whyOpen, withdrawFile } from './kept-file.ts'

export interface Trial {
  readonly folder: string
  readonly path: string
  readonly key: string
  /** As nginx was told; it writes it into the file. */
  readonly validSec: number
}

/** nginx writes the file once it has the answer. */
const looksMs = [100, 400, 500]

async function tryOnce({ folder, path, key, validSec }: Trial): Promise<string | null> {
  const open = await whyOpen(folder)
  if (open !== null) return open
  const kept = readKept(path)
  if (kept === null || kept.key !== key) return `nginx has not kept an answer in ${folder} as it was told to`
  if (kept.version !== keptVersion || kept.validSec !== BigInt(validSec)) return 'nginx keeps answers in another form'
  withdrawFile(path)
  const after = readKept(path)
  return after === null || after.version === 0n ? null : 'what was withdrawn is still there'
}

const sayWhy = (error: unknown): string =>
  `${error instanceof Error ? error.message : error}; run the gateway as root, or as the user of nginx's workers`

/** null, or why not. */
export async function proveWithdrawal(trial: Trial): Promise<string | null> {
  let because: string | null = null
  for (const wait of looksMs) {
    await sleep(wait, undefined, { ref: false })
    because = await tryOnce(trial).catch(sayWhy)
    if (because === null) return null
  }
  return because
}
