/** Reads what the kernel shows a process of the network namespace that it is in. */
import { readFile, stat } from 'node:fs/promises'
import type { NamespaceLook } from './connector-protocol.ts'

const textOrNull = (path: string): Promise<string | null> => readFile(path, 'utf8').catch(() => null)

/** null where the platform has no /proc/net. */
export async function namespaceLook(): Promise<NamespaceLook | null> {
  const tcp = await textOrNull('/proc/self/net/tcp')
  if (tcp === null) return null
  const bootId = await textOrNull('/proc/sys/kernel/random/boot_id')
  const netns = await stat('/proc/self/ns/net').catch(() => null)
  return {
    tcp,
    tcp6: await textOrNull('/proc/self/net/tcp6'),
    bootId: bootId?.trim() ?? null,
    netns: netns ? String(netns.ino) : null,
  }
}
