/** Which leaf ranges a proof consists of (RFC 6962 §2.1.1 and §2.1.2), in the order of the proof. */

/** Leaves from `first` up to, not including, `end`. */
export interface LeafRange {
  readonly first: number
  readonly end: number
}

/** The largest power of two that is smaller than n, for n > 1. */
function splitPoint(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** The ranges whose hashes are the audit path of leaf `index` in a tree of `size` leaves. */
export function inclusionRanges(index: number, size: number): readonly LeafRange[] {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size)
    throw new RangeError(`Record ${index} is not among the ${size} of the tree`)
  const path: LeafRange[] = []
  let first = 0
  let end = size
  while (end - first > 1) {
    const middle = first + splitPoint(end - first)
    if (index < middle) path.unshift({ first: middle, end })
    else path.unshift({ first, end: middle })
    if (index < middle) end = middle
    else first = middle
  }
  return path
}

/** The ranges whose hashes prove that the tree of `old` leaves is the beginning of the tree of `size` leaves. */
export function consistencyRanges(old: number, size: number): readonly LeafRange[] {
  if (!Number.isSafeInteger(old) || old < 0 || old > size)
    throw new RangeError(`A tree of ${size} records has no beginning of ${old}`)
  if (old === 0 || old === size) return []
  const path: LeafRange[] = []
  let first = 0
  let end = size
  let whole = true
  while (old !== end) {
    const middle = first + splitPoint(end - first)
    if (old <= middle) {
      path.unshift({ first: middle, end })
      end = middle
    } else {
      path.unshift({ first, end: middle })
      first = middle
      whole = false
    }
  }
  return whole ? path : [{ first, end }, ...path]
}
