/** What the list of live sessions holds, and what has to be written or removed next; ends come first. No files here. */
import type { ListChange } from './listing.ts'

export type Put = Extract<ListChange, { kind: 'put' }>

export interface LiveSessions {
  put(change: Put): void
  end(sid: string): void
  endAll(): void
  /** Takes out what is over. */
  expire(): void
  /** Whether there is work. */
  pending(): boolean
  /** What to remove, and once nothing is left of that a few to write. */
  next(): { readonly remove: readonly string[] } | { readonly write: readonly Put[] }
  /** It could not be removed: it comes again with the next `expire`. */
  stays(path: string): void
  paths(): readonly string[]
}

export const pathOf = ({ folder, name }: Pick<Put, 'folder' | 'name'>): string => `${folder}/${name}`

/** Written at once: an end waits for no more than these. */
const batch = 8

export interface LiveSessionsOptions {
  /** Milliseconds that an end is remembered: as long as another process may still have seen the session before. */
  readonly remembered: number
  readonly now: () => number
}

export function createLiveSessions({ remembered, now }: LiveSessionsOptions): LiveSessions {
  const files = new Map<string, Put>()
  const bySid = new Map<string, Set<string>>()
  const ended = new Map<string, number>()
  const stuck = new Set<string>()
  const waiting = new Set<string>()
  let gone = new Set<string>()

  const drop = (path: string, sid: string): void => {
    files.delete(path)
    waiting.delete(path)
    gone.add(path)
    const paths = bySid.get(sid)
    paths?.delete(path)
    if (paths?.size === 0) bySid.delete(sid)
  }
  return {
    put(change) {
      if (ended.has(change.sid) || change.until <= now()) return
      const path = pathOf(change)
      files.set(path, change)
      bySid.set(change.sid, (bySid.get(change.sid) ?? new Set()).add(path))
      gone.delete(path)
      waiting.add(path)
    },
    end(sid) {
      ended.set(sid, now())
      for (const path of bySid.get(sid) ?? []) drop(path, sid)
    },
    endAll() {
      for (const [path, { sid }] of files) drop(path, sid)
    },
    expire() {
      const at = now()
      for (const [path, { sid, until }] of files) if (until <= at) drop(path, sid)
      for (const [sid, since] of ended) if (at - since > remembered) ended.delete(sid)
      for (const path of stuck) if (!files.has(path)) gone.add(path)
      stuck.clear()
    },
    pending: () => gone.size + waiting.size > 0,
    next() {
      if (gone.size > 0) {
        const remove = [...gone]
        gone = new Set()
        return { remove }
      }
      const write: Put[] = []
      for (const path of waiting) {
        waiting.delete(path)
        if (write.push(files.get(path) as Put) === batch) break
      }
      return { write }
    },
    stays: (path) => void stuck.add(path),
    paths: () => [...files.keys()],
  }
}
