/** Files that changed after the workers of a running nginx were started, so that it serves something else. */
import type { Reach } from '@lockgate/model'
import type { Unread } from '../shapes.ts'

/** Seconds; `ps` and file times are whole ones. */
const slack = 2

/** Seconds since 1970 at which the oldest worker that still takes connections began; null: the host does not say. */
async function workersBegan(reach: Reach, master: number): Promise<number | null> {
  const ps = await reach.run(['ps', '-ww', '--ppid', String(master), '-o', 'etimes=', '-o', 'args='])
  const date = await reach.run(['date', '+%s'])
  const now = Number(date.stdout.trim())
  if (ps.code !== 0 || date.code !== 0 || !Number.isFinite(now)) return null
  const ages = ps.stdout
    .split('\n')
    .filter((line) => /nginx: worker process$/.test(line.trimEnd()))
    .map((line) => Number(/^\s*(\d+)/.exec(line)?.[1]))
  return ages.length > 0 ? now - Math.max(...ages) : null
}

export async function changedSinceLoaded(
  reach: Reach,
  master: number,
  files: readonly string[],
): Promise<readonly Unread[]> {
  const began = await workersBegan(reach, master)
  if (began === null || files.length === 0) return []
  const changed: Unread[] = []
  for (let from = 0; from < files.length; from += 500) {
    const { stdout } = await reach.run(['stat', '-L', '-c', '%Y %n', '--', ...files.slice(from, from + 500)])
    for (const line of stdout.split('\n')) {
      const [, time, source] = /^(\d+) (.*)$/.exec(line) ?? []
      if (source && Number(time) > began + slack)
        changed.push({
          source,
          because: 'it changed after nginx had loaded it, so nginx serves something else; reload it',
        })
    }
  }
  return changed
}
