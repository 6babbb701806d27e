/** What /proc says about a gateway's processes. */
import { readdirSync, readFileSync } from 'node:fs'

export function childrenOf(parent: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => statOf(pid)?.[1] === String(parent))
}

/** State, parent and so on: proc(5) after the command's name. */
function statOf(pid: number): string[] | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return text.slice(text.lastIndexOf(')') + 2).split(' ')
  } catch {
    return null
  }
}

export const isZombie = (pid: number): boolean => statOf(pid)?.[0] === 'Z'
export const residentBytes = (pid: number): number => Number(statOf(pid)?.[21] ?? 0) * 4096
