/** Group commit: what is added while a commit is under way goes into the next one together. */

export interface CommitQueue<Item, Result> {
  add(item: Item): Promise<Result>
  /** Resolves when nothing is under way or waits. */
  idle(): Promise<void>
}

interface Waiting<Item, Result> {
  readonly item: Item
  resolve(result: Result): void
  reject(error: unknown): void
}

/** `commit` gives one result for each item, in their order; when it rejects, all items of the group do. */
export function commitQueue<Item, Result>(
  commit: (items: readonly Item[]) => Promise<readonly Result[]>,
): CommitQueue<Item, Result> {
  const queue: Waiting<Item, Result>[] = []
  let running: Promise<void> | null = null

  const commitGroup = async (group: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await commit(group.map((one) => one.item))
      for (const [at, one] of group.entries()) one.resolve(results[at] as Result)
    } catch (error) {
      for (const one of group) one.reject(error)
    }
  }

  const drain = async (): Promise<void> => {
    while (queue.length > 0) await commitGroup(queue.splice(0))
    running = null
  }

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        queue.push({ item, resolve, reject })
        running ??= drain()
      }),
    idle: async () => {
      await running
    },
  }
}
