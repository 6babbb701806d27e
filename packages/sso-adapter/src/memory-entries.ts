/** Small values with an end, in this process. */
import type { EntryStore, StoreOptions } from './store.ts'

export function entriesInMemory({ now }: StoreOptions): EntryStore & { sweep(): void } {
  const collections = new Map<string, Map<string, { readonly value: string; readonly expiresAt: number }>>()
  const collection = (name: string) => {
    const found = collections.get(name) ?? new Map()
    collections.set(name, found)
    return found as Map<string, { readonly value: string; readonly expiresAt: number }>
  }
  const live = (from: string, name: string): string | null => {
    const found = collections.get(from)?.get(name)
    return found && found.expiresAt > now() ? found.value : null
  }
  return {
    get: async (from, name) => live(from, name),
    async put(from, name, value, expiresAt) {
      collection(from).set(name, { value, expiresAt })
    },
    async add(from, name, value, expiresAt) {
      if (live(from, name) !== null) return false
      collection(from).set(name, { value, expiresAt })
      return true
    },
    async take(from, name) {
      const value = live(from, name)
      collections.get(from)?.delete(name)
      return value
    },
    async remove(from, name, value) {
      return live(from, name) === value && collection(from).delete(name)
    },
    list: async (from) =>
      [...(collections.get(from) ?? [])].flatMap(([name, { value, expiresAt }]) =>
        expiresAt > now() ? [{ name, value }] : [],
      ),
    sweep() {
      for (const entries of collections.values())
        for (const [name, { expiresAt }] of entries) if (expiresAt <= now()) entries.delete(name)
    },
  }
}
