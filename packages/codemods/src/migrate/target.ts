/** Which part of `@lockgate/assertion` a module is rewritten to, and what it calls the identity there. */
import { type Context, frameworkOf } from '../rules/rule.ts'

export interface Target {
  readonly framework: 'express' | 'fastify' | 'koa' | 'hono' | 'nestjs' | 'hapi'
  readonly module: string
  /** What is imported from it. */
  readonly name: string
  /** Where the program finds the identity: the last name on the way there. */
  readonly identity: string
}

const target = (framework: Target['framework'], name = 'lockgate', identity = 'lockgate'): Target => ({
  framework,
  module: `@lockgate/assertion/${framework}`,
  name,
  identity,
})

const targets: Readonly<Record<string, Target>> = {
  express: target('express'),
  fastify: target('fastify'),
  koa: target('koa'),
  hono: target('hono'),
  nestjs: target('nestjs', 'LockgateGuard'),
  hapi: target('hapi', 'lockgate', 'credentials'),
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
