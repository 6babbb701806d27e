/** `extends`: what a compose service takes over from another one, of the same file or of another. */
import { posix } from 'node:path'
import type { Files } from '../shapes.ts'
import { at, isMapping, type Mapping, parseLined, textAt, type Value } from '../yaml-lines.ts'

export interface Extending {
  readonly path: string
  readonly services: Mapping
  readonly files: Files
  /** Puts variables into what comes from another file. */
  readonly put: (value: Value) => Value
  /** Told of what could not be followed. */
  readonly cannot: (because: string) => void
}

const deepest = 16

/** The services of a compose file, also of its first form, which has them at the top; null: it has none. */
export function servicesIn(file: Value): Mapping | null {
  const services = at(file, 'services')
  if (isMapping(services)) return services
  const isFirstForm =
    isMapping(file) &&
    services === undefined &&
    Object.values(file).length > 0 &&
    Object.values(file).every((one) => at(one, 'image') !== undefined || at(one, 'build') !== undefined)
  return isFirstForm ? file : null
}

/** Lists of both count, mappings are joined, and of all else the nearer one (compose specification, extends). */
function merge(base: Value, over: Value): Value {
  if (Array.isArray(base) && Array.isArray(over)) return [...base, ...over]
  if (!isMapping(base) || !isMapping(over)) return over
  const joined = Object.entries(over).map(([key, value]) => [
    key,
    Object.hasOwn(base, key) ? merge(base[key] as Value, value) : value,
  ])
  return { ...base, ...Object.fromEntries(joined) }
}

/** What compose never takes over. */
const own = new Set(['depends_on', 'links', 'volumes_from', 'profiles', 'extends'])

const passedOn = (service: Mapping): Mapping =>
  Object.fromEntries(Object.entries(service).filter(([key]) => !own.has(key)))

async function servicesOf(file: string, extending: Extending): Promise<Mapping | null> {
  if (/^(https?:|git@|oci:)/.test(file)) return null
  const text = await extending.files.read(file)
  return text === null ? null : servicesIn(extending.put(parseLined(text).values[0] ?? null))
}

/** The service with all that it takes over; where a part cannot be followed, without that part. */
export async function extended(service: Value, extending: Extending, depth = 0): Promise<Value> {
  const given = at(service, 'extends')
  if (given === undefined || !isMapping(service)) return service
  const name = typeof given === 'string' ? given : textAt(given, 'service')
  const other = textAt(given, 'file')
  const path = other === null ? extending.path : posix.resolve(posix.dirname(extending.path), other)
  const services = other === null ? extending.services : await servicesOf(path, extending)
  const base = name !== null && services && Object.hasOwn(services, name) ? services[name] : undefined
  if (base === undefined || depth > deepest) {
    extending.cannot(depth > deepest ? 'it goes round in circles' : `${other ?? extending.path} has no service ${name}`)
    return service
  }
  const whole = await extended(base, { ...extending, path, services: services as Mapping }, depth + 1)
  return isMapping(whole) ? merge(passedOn(whole), service) : service
}
