/** Turns a failure of the file system into the error that says what to do. */
import { LockgateError } from '@lockgate/model'

const noRoom = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EFBIG'])

export const isNoRoom = (cause: unknown): boolean => noRoom.has((cause as NodeJS.ErrnoException).code ?? '')

export function writeError(folder: string, cause: unknown): LockgateError {
  if (cause instanceof LockgateError) return cause
  const { message } = cause as Error
  return isNoRoom(cause)
    ? new LockgateError(
        'LG3009',
        `The log in ${folder} cannot grow (${message}): nothing of these records was kept; make room or give permission, then append again`,
        { cause },
      )
    : new LockgateError('LG3103', `The log in ${folder} cannot be written: ${message}`, { cause })
}

export const readError = (folder: string, cause: unknown): LockgateError =>
  cause instanceof LockgateError
    ? cause
    : new LockgateError('LG3103', `The log in ${folder} cannot be read: ${(cause as Error).message}`, { cause })
