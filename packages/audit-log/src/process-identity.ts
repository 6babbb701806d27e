/** Who a process is, so that a pid that was given out again is not taken for it. */
import { readFileSync, readlinkSync } from 'node:fs'

export interface ProcessIdentity {
  readonly pid: number
  /** /proc/sys/kernel/random/boot_id; null where the platform has none. */
  readonly boot: string | null
  /** Clock ticks from boot to the start of the process, proc(5) stat field 22. */
  readonly started: string | null
  /** The pid namespace; a pid of another one says nothing here. */
  readonly space: string | null
}

export type Life = 'alive' | 'gone' | 'elsewhere'

function orNull(read: () => string): string | null {
  try {
    return read()
  } catch {
    return null
  }
}

/** The command in field 2 may hold blanks and brackets, so fields are counted from its last bracket. */
const startOf = (pid: number): string | null =>
  orNull(() => {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  })

export const thisProcess = (): ProcessIdentity => ({
  pid: process.pid,
  boot: orNull(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()),
  started: startOf(process.pid),
  space: orNull(() => readlinkSync('/proc/self/ns/pid')),
})

function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether that process still runs; `elsewhere` when this one cannot see it. */
export function lifeOf(other: ProcessIdentity, here: ProcessIdentity = thisProcess()): Life {
  if (other.boot !== here.boot) return 'gone'
  if (other.space !== here.space) return 'elsewhere'
  if (!pidExists(other.pid)) return 'gone'
  return other.started === null || startOf(other.pid) === other.started ? 'alive' : 'gone'
}
