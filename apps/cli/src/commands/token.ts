/** `lockgate token issue|list|revoke`: API tokens of people and services, in the store of the login origin's gateway. */

import type { OpenTokens } from '@lockgate/gateway'
import { LockgateError } from '@lockgate/model'
import type { ApiToken } from '@lockgate/sso-adapter'
import { runOnEdge } from '@lockgate/stages'
import type { Add } from '../command.ts'
import type { Context } from '../context.ts'
import { parseDuration } from '../durations.ts'
import { collect } from './collect.ts'

interface TokenOptions {
  readonly name?: string
  readonly owner?: string
  readonly service?: boolean
  readonly backend: readonly string[]
  readonly expires: string
  readonly edge?: string
  readonly here?: string
}

type Action = (options: TokenOptions, id: string | undefined) => Promise<TokenAnswer>

interface TokenAnswer {
  /** Shown once, kept nowhere. */
  readonly token?: string
  readonly tokens: readonly ApiToken[]
}

const mostDays = 400

export function addToken(add: Add): void {
  add<TokenOptions>(
    'token <action> [id]',
    'API tokens of people and services: issue, list, revoke ID',
    (command) =>
      command
        .option('--name <name>', 'issue: what it is for')
        .option('--owner <who>', 'issue: who answers for it; of a person, who it speaks for')
        .option('--service', 'issue: it belongs to a service, not to a person')
        .option('--backend <id>', 'issue: a backend that it is good for (again for more); * for all', collect, [])
        .option('--expires <duration>', `issue: at most ${mostDays}d`, '90d')
        .option('--edge <id>', 'whose gateway keeps it (default: the edge of the login origin)')
        .option('--here <folder>', "on the edge's own host: the folder of gateway.json"),
    (context, [action = '', id], options) => token(context, action, id, options),
  )
}

async function token(context: Context, action: string, id: string | undefined, options: TokenOptions): Promise<number> {
  const known = ['issue', 'list', 'revoke']
  if (!known.includes(action)) throw new LockgateError('LG1101', `token ${action}: expected ${known.join(', ')}`)
  if (action === 'revoke' && !id)
    throw new LockgateError('LG1101', 'token revoke ID: `lockgate token list` shows the ids')
  const asked = action === 'issue' ? checked(options) : options
  const answer = options.here === undefined ? await remote(context, action, id, asked) : await here(action, id, asked)
  context.out.answer(answer)
  for (const one of answer.tokens) context.out.say(lineOf(one))
  if (answer.token !== undefined)
    context.out.say(`${answer.token}\nIt is shown this once. Send it as: Authorization: Bearer TOKEN`)
  return 0
}

function checked(options: TokenOptions): TokenOptions {
  const { name, owner, backend, expires } = options
  if (!name?.trim() || !owner?.trim())
    throw new LockgateError('LG1101', 'token issue needs --name NAME and --owner WHO')
  if (backend.length === 0)
    throw new LockgateError('LG1101', 'token issue needs --backend ID, or --backend "*" for all')
  const ms = parseDuration(expires, '--expires')
  if (ms <= 0 || ms > mostDays * 86_400_000)
    throw new LockgateError(
      'LG1101',
      `--expires ${expires}: expected up to ${mostDays}d; a token that never ends is found by somebody else first`,
    )
  return options
}

function lineOf({ id, name, owner, kind, scopes, expiresAt, lastUsedAt, revokedAt }: ApiToken): string {
  const day = (ms: number | null, never: string) => (ms === null ? never : new Date(ms).toISOString().slice(0, 10))
  const state = revokedAt === null ? `until ${day(expiresAt, '')}` : `revoked ${day(revokedAt, '')}`
  return `${id}  ${name} (${kind} of ${owner})  for ${scopes.join(', ')}  ${state}, last used ${day(lastUsedAt, 'never')}`
}

/** The same command on the edge's host, beside the gateway's store. */
const remote = (
  context: Context,
  action: string,
  id: string | undefined,
  options: TokenOptions,
): Promise<TokenAnswer> =>
  context.withWorkspace(async (workspace) => {
    const { name, owner, service, backend, expires } = options
    const unknown = backend.find((one) => one !== '*' && !workspace.settings.backends.some((each) => each.id === one))
    if (unknown) throw new LockgateError('LG1101', `no backend is called ${unknown}`)
    const given = action === 'issue' ? ['--name', name ?? '', '--owner', owner ?? '', '--expires', expires] : []
    const argv = [action, ...given, ...(service ? ['--service'] : []), ...backend.flatMap((one) => ['--backend', one])]
    const self = [process.execPath, ...process.execArgv, process.argv[1] ?? '']
    const answer = (await runOnEdge(
      workspace,
      options.edge,
      (edge) => ['token', ...argv, '--edge', edge.id, '--here', edge.config, ...(id ? ['--', id] : [])],
      { self },
    )) as TokenAnswer
    const [record] = answer.tokens
    if (action !== 'list' && record)
      await workspace.append([
        {
          type: 'token',
          action: action as 'issue' | 'revoke',
          stage: 'identity',
          id: record.id,
          name: record.name,
          owner: record.owner,
          at: workspace.now().toISOString(),
        },
      ])
    return answer
  })

const actions: Readonly<Record<string, (tokens: OpenTokens['tokens'], now: number) => Action>> = {
  issue:
    (tokens, now) =>
    async ({ name = '', owner = '', service, backend, expires }) => {
      const kind = service ? 'service' : 'person'
      const expiresAt = now + parseDuration(expires, '--expires')
      const { token, record } = await tokens.issue({ name, owner, kind, scopes: [...backend], expiresAt })
      return { token, tokens: [record] }
    },
  list: (tokens) => async () => ({ tokens: await tokens.list() }),
  revoke: (tokens) => async (_options, id) => {
    if (!(await tokens.revoke(id ?? '')))
      throw new LockgateError('LG2009', `no token ${id} is in force; \`lockgate token list\` shows them`)
    return { tokens: (await tokens.list()).filter((one) => one.id === id) }
  },
}

async function here(action: string, id: string | undefined, options: TokenOptions): Promise<TokenAnswer> {
  const { openTokens } = await import('@lockgate/gateway')
  if (options.edge === undefined) throw new LockgateError('LG1101', '--here FOLDER needs --edge ID')
  const open = await openTokens({ folder: options.here ?? '', edge: options.edge, env: process.env })
  try {
    return await (actions[action] as (typeof actions)[string])(open.tokens, Date.now())(options, id)
  } finally {
    await open.close()
  }
}
