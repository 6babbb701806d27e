/** Programs that tests start at places of the lab. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))
export const node: readonly string[] = [join(root, 'node_modules/.bin/node'), '--conditions=source']

/** argv of a program in this folder. */
export const program = (name: string): readonly string[] => [...node, join(root, 'test/e2e', name)]
