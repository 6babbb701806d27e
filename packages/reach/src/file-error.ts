/** Turns what the operating system said about a file into an error that says what to do. */
import { type ErrorCode, LockgateError } from '@lockgate/model'

interface Advice {
  readonly code: ErrorCode
  readonly text: string
}

const advice: Readonly<Record<string, Advice>> = {
  ENOSPC: { code: 'LG3009', text: 'the disk is full; free some space there and run the command again' },
  EDQUOT: { code: 'LG3009', text: 'the disk quota is used up; raise it or free some space and run the command again' },
  EROFS: { code: 'LG3009', text: 'the file system is mounted read-only; name a folder that can be written' },
  EACCES: { code: 'LG3004', text: 'permission denied; run as a user who may, or set `sudo: true` for an ssh host' },
  EPERM: { code: 'LG3004', text: 'not permitted; run as a user who may, or look for an immutable flag (lsattr)' },
  ENOENT: { code: 'LG3004', text: 'the folder does not exist; create it, or correct the path in lockgate.yaml' },
  ENOTDIR: { code: 'LG3004', text: 'a part of the path is a file, not a folder; correct the path in lockgate.yaml' },
  EISDIR: { code: 'LG3004', text: 'that is a folder, not a file; correct the path in lockgate.yaml' },
  ENOTEMPTY: { code: 'LG3004', text: 'the folder is not empty' },
  EEXIST: { code: 'LG3004', text: 'a file of that name stands where a folder is needed' },
  ELOOP: { code: 'LG3004', text: 'its symbolic links lead round in circles; correct them' },
}

/** Messages of GNU and busybox programs in the C locale, for hosts where a program did the work. */
const messages: readonly (readonly [RegExp, string])[] = [
  [/no space left on device/i, 'ENOSPC'],
  [/quota exceeded/i, 'EDQUOT'],
  [/read-only file system/i, 'EROFS'],
  [/permission denied/i, 'EACCES'],
  [/operation not permitted/i, 'EPERM'],
  [/no such file or directory|nonexistent directory/i, 'ENOENT'],
  [/not a directory/i, 'ENOTDIR'],
  [/is a directory/i, 'EISDIR'],
  [/directory not empty/i, 'ENOTEMPTY'],
  [/file exists/i, 'EEXIST'],
  [/too many levels of symbolic links/i, 'ELOOP'],
]

/** The errno that a program's message stands for, or null. */
export function errnoOf(message: string): string | null {
  return messages.find(([pattern]) => pattern.test(message))?.[1] ?? null
}

/** `verb` as in "write", "read", "remove". */
export function fileError(label: string, verb: string, path: string, cause: unknown): LockgateError {
  if (cause instanceof LockgateError) return cause
  const errno = (cause as NodeJS.ErrnoException)?.code ?? ''
  const known = advice[errno]
  const because = known?.text ?? (cause instanceof Error ? cause.message : String(cause))
  return new LockgateError(known?.code ?? 'LG3004', `${label}: cannot ${verb} ${path}: ${because}`, { cause })
}
