/** Which part of `@lockgate/assertion` a module is rewritten to, and what it calls the identity there. */
import { type Context, frameworkOf } from '../rules/rule.ts'

export interface Target {
  readonly framework: 'express' | 'fastify' | 'koa' | 'hono'
  readonly module: string
}

const targets: Readonly<Record<string, Target>> = {
  express: { framework: 'express', module: '@lockgate/assertion/express' },
  fastify: { framework: 'fastify', module: '@lockgate/assertion/fastify' },
  koa: { framework: 'koa', module: '@lockgate/assertion/koa' },
  hono: { framework: 'hono', module: '@lockgate/assertion/hono' },
}

/** Null: there is no rewriting for this framework, and everything in the module is for a person. */
export const targetOf = (context: Context): Target | null => targets[frameworkOf(context)] ?? null

/** Claims of the assertion by the names that programs give them; `--map` adds to it. */
export const claims: Readonly<Record<string, string>> = {
  sub: 'sub',
  user: 'user',
  email: 'email',
  groups: 'groups',
  acr: 'acr',
  amr: 'amr',
  sid: 'sid',
}
export const claimNames = ['sub', 'user', 'email', 'groups', 'acr', 'amr', 'authTime', 'sid', 'device'] as const
