/** A folder that stands for a host: files are put below it, nothing runs and nothing connects. */
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { LockgateError, type Reach } from '@lockgate/model'
import { insideFolder } from './inside-folder.ts'
import { localFiles } from './local-files.ts'

export function filesReach(label: string, folder: string, baseDir: string): Reach {
  const root = resolve(baseDir, folder)
  const why = `${label} is a folder of files, not a host: nothing runs there and nothing connects from there`
  const notLive = async (): Promise<never> => {
    throw new LockgateError('LG3001', `${why}; name the host by local, {netns: …} or {ssh: …} instead`)
  }
  const followed = localFiles(label, (path) => insideFolder(root, path, 'follow'))
  const kept = localFiles(label, (path) => insideFolder(root, path, 'keep'))
  return {
    label,
    live: false,
    ...followed,
    // Thousands of folders that are not there yet are told sooner so than by an error each.
    readFile: async (path) => (existsSync(root) ? followed.readFile(path) : null),
    putFile: kept.putFile,
    removeFile: kept.removeFile,
    removeFolder: kept.removeFolder,
    run: notLive,
    listeners: notLive,
    addresses: notLive,
    connect: async () => ({ outcome: 'failed', detail: why, ms: 0 }),
    scan: async (targets) =>
      targets.map(({ host, ports }) => ({
        host,
        open: [],
        refused: 0,
        timedOut: 0,
        unreachable: 0,
        failed: ports.length,
      })),
    identity: async () => ({ bootId: null, netns: null }),
    close: async () => {},
  }
}
