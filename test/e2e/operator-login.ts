/** `lockgate login` in the lab: the command line waits, and a person where users stand confirms. */
import { join } from 'node:path'
import type { PersonName } from '../lab/idp/index.ts'
import type { Lab } from '../lab/index.ts'
import { names } from './identity-config.ts'
import { program, root } from './programs.ts'

/** `device`: with a code; `browser`: on the operator's own machine, which then stands with users. */
const ways = {
  device: { from: null, args: ['--device'], told: /Open (\S+) in a browser and type the code (\S+)/ },
  browser: { from: 'office', args: [], told: /confirm in your browser: (\S+)()/ },
} as const
export type LoginWay = keyof typeof ways

/** What `lockgate login --json` answers. */
export async function operatorLogin(lab: Lab, login: PersonName, way: LoginWay): Promise<unknown> {
  const { from, args, told } = ways[way]
  const child = await lab.spawn(from, [join(root, 'lockgate'), 'login', ...args, '--json', '--dir', lab.work])
  await child.until((_, stderr) => told.test(stderr), 60_000)
  const [, url = '', code = ''] = told.exec(child.stderr()) ?? []
  const asked = { url, code: code || null, login, ca: lab.authority.ca, edge: lab.at('edge').ipv4, names }
  const ran = await lab.run('office', [...program('person.ts'), JSON.stringify(asked)], { timeoutMs: 90_000 })
  if (ran.code !== 0) throw new Error(`${login} could not confirm: ${ran.stdout} ${ran.stderr}`)
  if ((await child.exited) !== 0) throw new Error(`lockgate login: ${child.stdout()} ${child.stderr()}`)
  return JSON.parse(child.stdout())
}
