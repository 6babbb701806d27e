/** Sections of an Apache configuration that count or not, and what they are decided by. */
import { posix } from 'node:path'
import type { Files } from '../shapes.ts'
import type { Macro } from './macros.ts'

/** What has been read so far. */
export interface State {
  root: string
  readonly defines: Set<string>
  readonly values: Map<string, string>
  readonly modules: Set<string>
  readonly macros: Map<string, Macro>
  /** The main file is only what a server includes, so its modules are loaded elsewhere. */
  isPart: boolean
  /** Whether names given by `-D` are known. */
  readonly knowsDefines: boolean
  opened: number
}

const negated = (args: readonly string[], holds: (name: string) => boolean): boolean => {
  const name = args[0] ?? ''
  return name.startsWith('!') ? !holds(name.slice(1)) : holds(name)
}

/** What cannot be decided here counts as true: a route too many is seen, one too few is not. */
export const conditions: Readonly<
  Record<string, (args: readonly string[], state: State, files: Files) => boolean | Promise<boolean>>
> = {
  ifmodule: (args, state) => state.isPart || negated(args, (name) => state.modules.has(name)),
  ifdefine: (args, state) =>
    negated(args, (name) => state.defines.has(name)) || !(state.knowsDefines || args[0]?.startsWith('!')),
  iffile: async (args, state, files) => {
    const path = posix.resolve(state.root, (args[0] ?? '').replace(/^!/, ''))
    const there = (await files.list(path)) !== null || (await files.read(path)) !== null
    return there !== (args[0] ?? '').startsWith('!')
  },
  ifversion: () => true,
  ifdirective: () => true,
  ifsection: () => true,
}
