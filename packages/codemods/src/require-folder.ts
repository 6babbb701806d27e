/** That a given path is a folder, before anything else is done with it. */
import { statSync } from 'node:fs'
import { LockgateError } from '@lockgate/model'

/** Throws LG1201 otherwise. */
export function requireFolder(dir: string): void {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory()) return
  throw new LockgateError('LG1201', `${dir} is not a folder; give the folder of the backend's code`, {
    at: { file: dir },
  })
}
