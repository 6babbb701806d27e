/** A tree of code as big backends have it: mostly modules that know nothing of logins, some that say a word of it, few that are one. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const methods = (name: string, count: number): string =>
  Array.from(
    { length: count },
    (_, index) => `
  /** Sums what the ${name} of a period come to, without those that were cancelled. */
  async total${index}(from: Date, until: Date): Promise<number> {
    const rows = await this.database.query<Row>('select amount, cancelled from ${name} where at >= $1 and at < $2', [from, until])
    const open = rows.filter((row) => !row.cancelled && row.amount > ${index})
    if (open.length === 0) return 0
    for (const row of open) this.logger.debug({ amount: row.amount, index: ${index} }, 'row counted')
    return open.reduce((sum, row) => sum + Math.round(row.amount * 100) / 100, 0)
  }
`,
  ).join('')

const plain = (name: string): string => `import type { Database, Logger } from '../platform/index.js'

interface Row {
  readonly amount: number
  readonly cancelled: boolean
}

export class ${name} {
  constructor(private readonly database: Database, private readonly logger: Logger) {}
${methods(name, 12)}}
`

const mentions = (name: string): string =>
  plain(name).replace('export class', `// Asked only with a session that the login has begun.\nexport class`)

/** Put together, so that nobody takes them for imports of this file. */
const imports = ['bcrypt bcrypt', '{ Router } express', 'jwt jsonwebtoken']
  .map((one) => one.replace(/(.*) (\S+)/, "import $1 from '$2'"))
  .join('\n')

const login = (name: string): string => `${imports}
${plain(name)}
export const router = Router()
router.post('/login', async (req, res) => {
  const user = await users.findOne({ email: req.body.email })
  if (!user || !(await bcrypt.compare(req.body.password, user.password))) return res.sendStatus(401)
  res.json({ token: jwt.sign({ sub: user.id }, process.env.SECRET ?? '') })
})
`

/** Of 100 files, 90 are plain, 8 mention a login, 2 have one. Returns how many have one. */
export function writeCodeTree(root: string, count: number): number {
  let logins = 0
  for (let index = 0; index < count; index += 1) {
    const name = `Part${index}`
    const [make, has] = index % 50 === 7 ? [login, 1] : index % 100 < 8 ? [mentions, 0] : [plain, 0]
    logins += has
    const path = join(root, `src/area-${Math.floor(index / 100)}/part-${index}.ts`)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, make(name))
  }
  writeFileSync(
    join(root, 'package.json'),
    '{ "dependencies": { "express": "5.0.0", "bcrypt": "5.0.0", "jsonwebtoken": "9.0.0" } }\n',
  )
  return logins
}
