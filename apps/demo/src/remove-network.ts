/** Takes network namespaces of a demo away, with whatever runs in them. */
import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { bearersOf, isGone } from './owner.ts'

const spacesOf = (prefix: string): readonly string[] => {
  try {
    return readdirSync('/run/netns').filter((name) => name.startsWith(`${prefix}-`))
  } catch {
    return []
  }
}

const pidsIn = (space: string): readonly number[] => {
  const { stdout } = spawnSync('ip', ['netns', 'pids', space], { encoding: 'utf8' })
  return (stdout ?? '').split('\n').filter(Boolean).map(Number)
}

/** True where there is such a process. */
export function tell(pid: number, signal: 'SIGTERM' | 'SIGKILL' | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    return false
  }
}

/** Only the demo's own programs run in its namespaces. */
export function removeNetwork(name: string): void {
  for (const space of spacesOf(name)) {
    for (const pid of pidsIn(space)) tell(pid, 'SIGKILL')
    spawnSync('ip', ['netns', 'delete', space], { stdio: 'ignore' })
  }
}

/** What a demo left that was killed together with what cleans up after it. */
export function removeAbandoned(): void {
  const names = spacesOf('lgdemo').map((space) => space.split('-').slice(0, 3).join('-'))
  for (const name of new Set(names)) {
    if (!isGone(name)) continue
    for (const pid of bearersOf(name)) tell(pid, 'SIGKILL')
    removeNetwork(name)
  }
}
