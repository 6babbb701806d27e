/** What a rule is: it looks at one node with its ancestors and names what it found there. */
import type { answers } from '@lockgate/model'
import type { Names } from '../syntax/names.ts'
import type { Node } from '../syntax/node.ts'
import type { Module } from '../syntax/parse-module.ts'

export type Kind = answers.CodeFinding['kind']
export type Certainty = answers.CodeFinding['certainty']

/** What a rule found: `at` is the offset of the line to show, `node` what a rewrite would have to deal with. */
export interface Found {
  readonly at: number
  readonly node: Node
  readonly kind: Kind
  readonly framework: string
  readonly certainty: Certainty
  readonly method?: string
  readonly path?: string
  /** A guard's use, which its making elsewhere decides on: alone it stands in no rewrite's way. */
  readonly use?: true
}

export interface Context extends Module, Names {
  /** Names of the packages that the nearest package.json depends on. */
  readonly dependencies: ReadonlySet<string>
}

export interface Rule {
  readonly on: readonly string[]
  readonly find: (node: Node, parents: readonly Node[], context: Context) => Found | readonly Found[] | undefined
}

const webFrameworks = [
  ['@nestjs/common', 'nestjs'],
  ['@nestjs/core', 'nestjs'],
  ['fastify', 'fastify'],
  ['@hapi/hapi', 'hapi'],
  ['hapi', 'hapi'],
  ['@hapi/glue', 'hapi'],
  ['glue', 'hapi'],
  ['koa', 'koa'],
  ['koa-router', 'koa'],
  ['@koa/router', 'koa'],
  ['hono', 'hono'],
  ['restify', 'restify'],
  ['express', 'express'],
  ['next', 'nextjs'],
] as const

/** The web framework that the file, or else its package, is written for. */
export function frameworkOf({ imports, dependencies }: Context): string {
  const has = (names: ReadonlySet<string>) => webFrameworks.find(([name]) => names.has(name))?.[1]
  return has(imports) ?? has(dependencies) ?? 'node'
}

/** The module of an origin: `@koa/router` of `@koa/router.default()`. */
export function moduleOf(origin: string): string {
  const found = /^((?:@[^/]+\/)?[^./()]+(?:\.js)?(?:\/[^.()]+)?)/.exec(origin)
  return found?.[1] ?? origin
}

export const isLocal = (origin: string | undefined): boolean =>
  origin === undefined || /^(\.|@\/|~|#|src\/|app\/)/.test(origin)
