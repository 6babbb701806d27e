/** What every reader takes and gives. */
import type { Route } from '@lockgate/model'

/** Files as one host has them. `read` throws LockgateError LG1201 where a file is there but cannot be read. */
export interface Files {
  /** null: no such file. */
  read(path: string): Promise<string | null>
  /** Names in the folder, sorted; null: no such folder. */
  list(folder: string): Promise<readonly string[] | null>
}

/** Something that could not be read, and why. */
export interface Unread {
  readonly source: string
  readonly because: string
}

/** What the configuration of one proxy says. */
export interface ProxyRead {
  readonly routes: readonly Route[]
  readonly unread: readonly Unread[]
  /** Every file that was read, in the order in which it was opened. */
  readonly files: readonly string[]
  /** Groups of servers to which nothing in the files leads: backends that a person would see there. */
  readonly unused?: readonly Unread[]
}

/** Collects in one pass; a reader makes one, passes it down and gives back what it holds. */
export interface Notes {
  readonly routes: Route[]
  readonly unread: Unread[]
  readonly files: string[]
  readonly unused: Unread[]
}

export const emptyNotes = (): Notes => ({ routes: [], unread: [], files: [], unused: [] })

/** Remarks that are kept; the one after them says that there are more. */
const most = 1_000

/** `because` with its place, said once. */
export function cannotRead(notes: Pick<Notes, 'unread'>, file: string, line: number | null, because: string): void {
  const source = line === null ? file : `${file}:${line}`
  if (notes.unread.length > most) return
  if (notes.unread.some((one) => one.source === source && one.because === because)) return
  const isLast = notes.unread.length === most
  notes.unread.push(
    isLast ? { source, because: `it and more than ${most} others cannot be read` } : { source, because },
  )
}
