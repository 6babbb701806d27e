/** A demo's name, and the processes that bear it: whatever it starts inherits a variable that says whose it is. */
import { readdirSync, readFileSync } from 'node:fs'

export const ownerVariable = 'LOCKGATE_DEMO_OWNER'

/** When a process began, in ticks since boot: with its id it names the process for good. null where there is none. */
function beginningOf(pid: string): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null
  } catch {
    return null
  }
}

/** `lgdemo-PID-BEGINNING` */
export const ownName = (): string => `lgdemo-${process.pid}-${beginningOf(String(process.pid)) ?? '0'}`

/** False also for a name of another form, which nobody here gave. */
export function isGone(name: string): boolean {
  const [, pid = '', began] = /^lgdemo-(\d+)-(\d+)$/.exec(name) ?? []
  return began !== undefined && beginningOf(pid) !== began
}

/** Ids of the processes that a demo of this name began, and that they began. Empty where the system has no /proc. */
export function bearersOf(name: string): readonly number[] {
  const mark = `${ownerVariable}=${name}\0`
  const bears = (pid: string): boolean => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark)
    } catch {
      return false
    }
  }
  try {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry) && bears(entry))
      .map(Number)
  } catch {
    return []
  }
}
