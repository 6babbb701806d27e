/** Which group an engine's workers have, from what the engine itself says: they are who asks the gateway over its socket. */
import { basename } from 'node:path'
import type { Edge, WorkerGroup } from '@lockgate/model'

/** The engine that the operator's own test command runs; null where that is another program, such as one in a container. */
function testedBy({ test }: Edge, programs: readonly string[]): readonly string[] | null {
  if (test === null) return [programs[0] as string]
  const [program = ''] = test
  return programs.includes(basename(program)) ? test.filter((word) => word !== '-t' && word !== 'configtest') : null
}

const group = '"?([A-Za-z_][A-Za-z0-9_.-]*)"?'
/** The main configuration's directive, else what nginx was built with: `user NAME [GROUP];`, the group being NAME's own. */
const userDirective = new RegExp(`^user\\s+${group}(?:\\s+${group})?\\s*;`, 'm')
const builtWith = new RegExp(`--group=${group}`)
const builtWithUser = new RegExp(`--user=${group}`)

export const nginxGroup: WorkerGroup = {
  argv(edge) {
    const engine = testedBy(edge, ['nginx'])
    return engine === null
      ? []
      : [
          [...engine, '-T'],
          [engine[0] as string, '-V'],
        ]
  },
  read(output) {
    const [, user, itsGroup] = userDirective.exec(output) ?? []
    return itsGroup ?? user ?? builtWith.exec(output)?.[1] ?? builtWithUser.exec(output)?.[1] ?? null
  },
}

export const apacheGroup: WorkerGroup = {
  argv(edge) {
    const engine = testedBy(edge, ['apachectl', 'apache2ctl', 'apache2', 'httpd'])
    return engine === null ? [] : [[...engine, '-t', '-D', 'DUMP_RUN_CFG']]
  },
  read: (output) => /^Group: name="([A-Za-z_][A-Za-z0-9_.-]*)"/m.exec(output)?.[1] ?? null,
}
