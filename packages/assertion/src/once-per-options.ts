/** What is made of options, made once for each object of them: one set of fetched keys, as long as the same object is handed in. */
export function oncePerOptions<O extends object, T>(make: (options: O) => T): (options: O) => T {
  const made = new WeakMap<O, { readonly one: T }>()
  return (options) => {
    const known = made.get(options) ?? { one: make(options) }
    made.set(options, known)
    return known.one
  }
}
