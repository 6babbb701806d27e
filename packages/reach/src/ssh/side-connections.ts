/** Further connections to a host for a scan, each retired when too much hangs on it, and closed when nobody waits on it. */
import type { Client } from 'ssh2'

/** sshd usually may have 1,024 descriptors, and a channel takes up to two of them. */
export const openPerConnection = 400

export interface Side {
  readonly client: Client
  /** Attempts begun on it whose answer has not come, given up ones too. */
  hanging: number
  /** Attempts that somebody still waits for. */
  live: number
  retired: boolean
}

export interface Sides {
  /** A side connection with room, or null while one is being opened. */
  free(): Side | null
  release(side: Side): void
  failure(): Error | null
  close(): void
}

export function sideConnections(open: () => Promise<Client>): Sides {
  let current: Side | null = null
  let opening = false
  let closed = false
  let error: Error | null = null
  const all = new Set<Side>()
  const begin = async (): Promise<void> => {
    opening = true
    try {
      const side: Side = { client: await open(), hanging: 0, live: 0, retired: false }
      if (closed) return void side.client.destroy()
      all.add(side)
      side.client.once('close', () => all.delete(side))
      current = side
    } catch (cause) {
      error = cause as Error
    } finally {
      opening = false
    }
  }
  const release = (side: Side): void => {
    if (!side.retired || side.live > 0) return
    all.delete(side)
    side.client.end()
  }
  return {
    free() {
      if (current && all.has(current) && current.hanging < openPerConnection) return current
      if (current) {
        current.retired = true
        release(current)
        current = null
      }
      if (!opening && !error) void begin()
      return null
    },
    release,
    failure: () => error,
    close() {
      closed = true
      for (const side of all) side.client.destroy()
    },
  }
}
