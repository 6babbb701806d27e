/** Reads operators' YAML as data; what cannot be read is a value too, for it makes a gap. */
import { parseAllDocuments } from 'yaml'

export type YamlRead = { readonly documents: readonly unknown[] } | { readonly unread: string }

export type Mapping = Readonly<Record<string, unknown>>

export const isMapping = (value: unknown): value is Mapping =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const mappingAt = (value: unknown, ...path: readonly string[]): Mapping => {
  const found = path.reduce<unknown>((inner, key) => (isMapping(inner) ? inner[key] : undefined), value)
  return isMapping(found) ? found : {}
}

export const listAt = (value: unknown, key: string): readonly unknown[] => {
  const found = isMapping(value) ? value[key] : undefined
  return Array.isArray(found) ? found : []
}

export function readYaml(text: string): YamlRead {
  try {
    const documents = [...parseAllDocuments(text, { merge: true, logLevel: 'silent' })]
    const broken = documents.flatMap((one) => one.errors)[0]
    if (broken) return { unread: broken.message.split('\n')[0] ?? 'not YAML' }
    return { documents: documents.map((one) => one.toJS({ maxAliasCount: 1_000 })).filter((one) => one !== null) }
  } catch (error) {
    return { unread: (error as Error).message }
  }
}
