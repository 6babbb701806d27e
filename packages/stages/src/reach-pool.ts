/** One open Reach for each host, however many backends and vantages name it. */
import { LockgateError, type Reach, type Via } from '@lockgate/model'
import { connectionKey, openReach, viaLabel } from '@lockgate/reach'

export type OpenReach = typeof openReach

export interface ReachPool {
  /** Throws LG3001 or LG3002 where the host cannot be reached; asked again it fails at once with the same error. */
  get(via: Via): Promise<Reach>
  /** The same, or what was wrong. */
  tryGet(via: Via): Promise<{ readonly reach: Reach } | { readonly failed: LockgateError }>
  close(): Promise<void>
}

export function openReachPool(
  baseDir: string,
  open: OpenReach = openReach,
  signal: AbortSignal | undefined = undefined,
): ReachPool {
  const opened = new Map<string, Promise<Reach>>()
  const get = (via: Via): Promise<Reach> => {
    const key = connectionKey(via)
    const known = opened.get(key)
    if (known) return known
    const opening = open(via, { baseDir, ...(signal ? { signal } : {}) })
    opened.set(key, opening)
    opening.catch(() => {})
    return opening
  }
  return {
    get,
    async tryGet(via) {
      try {
        return { reach: await get(via) }
      } catch (cause) {
        if (cause instanceof LockgateError) return { failed: cause }
        const message = `${viaLabel(via)} cannot be reached: ${(cause as Error).message}`
        return { failed: new LockgateError('LG3001', message, { cause }) }
      }
    },
    async close() {
      const all = await Promise.allSettled(opened.values())
      opened.clear()
      await Promise.allSettled(all.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)))
    },
  }
}
