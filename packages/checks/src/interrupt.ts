/** Ends a probe when the whole verification is interrupted; everything else that goes wrong is a fact. */
import { type Io, LockgateError } from '@lockgate/model'

export function stopIfInterrupted(io: Pick<Io, 'signal'>): void {
  if (io.signal.aborted)
    throw new LockgateError('LG9001', 'Interrupted; evidence that was complete before is kept, run verify again')
}

export const textOf = (problem: unknown): string => (problem instanceof Error ? problem.message : String(problem))

export type Looked<T> = { readonly seen: T } | { readonly unseen: string }

/** The value, or why it could not be had. */
export async function look<T>(io: Pick<Io, 'signal'>, work: () => Promise<T>): Promise<Looked<T>> {
  stopIfInterrupted(io)
  try {
    return { seen: await work() }
  } catch (problem) {
    stopIfInterrupted(io)
    return { unseen: textOf(problem) }
  }
}
