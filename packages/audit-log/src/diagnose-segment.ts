/** Compares the leaf hashes of a segment with those kept beside it, and says in words what was done to which record: pure. */
import type { Digest } from './digest.ts'

export interface Difference {
  readonly record: number
  readonly because: string
}

export interface Compared {
  readonly first: number
  /** As they are in the segment now. */
  readonly now: readonly Digest[]
  /** As they were kept; null where none was. */
  readonly kept: readonly (Digest | null)[]
}

const most = 20

const differs = (now: Digest | undefined, kept: Digest | null | undefined): boolean => kept !== null && now !== kept

function firstDifference({ now, kept }: Compared): number {
  const length = Math.max(now.length, kept.length)
  for (let at = 0; at < length; at += 1) if (differs(now[at], kept[at])) return at
  return -1
}

/** Of a segment that has fewer or more records than it had. */
function shifted({ first, now, kept }: Compared, at: number): Difference {
  const record = first + at
  if (at >= now.length) return { record, because: `record ${record} and those behind it were cut off` }
  if (now.length > kept.length)
    return now[at + now.length - kept.length] === kept[at]
      ? { record, because: `record ${record} was inserted` }
      : { record, because: `record ${record} is not what it was, and records were inserted` }
  const lost = kept.length - now.length
  if (now[at] !== kept[at + lost])
    return { record, because: `record ${record} is not what it was, and records were removed` }
  return {
    record,
    because: lost === 1 ? `record ${record} was removed` : `records ${record} to ${record + lost - 1} were removed`,
  }
}

function replaced({ first, now, kept }: Compared): readonly Difference[] {
  const places = new Map(kept.map((digest, at) => [digest, at]))
  const found: Difference[] = []
  for (let at = 0; at < now.length && found.length < most; at += 1) {
    if (!differs(now[at], kept[at])) continue
    const from = places.get(now[at] as Digest)
    const record = first + at
    found.push({
      record,
      because:
        from === undefined
          ? `record ${record} was edited`
          : `record ${first + from} stands in the place of record ${record}: reordered`,
    })
  }
  return found
}

/** At most 20 differences; none where what was kept says nothing against the records. */
export function diagnoseSegment(compared: Compared): readonly Difference[] {
  const at = firstDifference(compared)
  if (at < 0) return []
  return compared.now.length === compared.kept.length ? replaced(compared) : [shifted(compared, at)]
}
