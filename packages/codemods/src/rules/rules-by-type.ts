/** All rules for JavaScript and TypeScript, by the kind of node that they look at. */
import { calls, sessionHelpers } from './calls.ts'
import { cookieUses } from './cookies.ts'
import { decoratedGuards, globalGuards, hookGuards, middlewareGuards } from './guard-uses.ts'
import { listenerSettings, listeners } from './listeners.ts'
import { graphqlLogins, nestClasses, nestRoutes } from './nest.ts'
import { authJs, nextActions, nextAuthOptions, nextFiles, nextMiddleware } from './next.ts'
import { passport, strategies } from './passport.ts'
import { credentialCalls, passwordComparisons, passwordMethods, passwordQueries } from './passwords.ts'
import { authorizationHeaders, basicChallenges, sessionUses } from './requests.ts'
import {
  hapiAuth,
  hapiRouteAuth,
  pluginNames,
  routedByFunction,
  routeKeys,
  routeObjects,
  socketLogins,
} from './route-objects.ts'
import { routeCalls } from './routes.ts'
import type { Rule } from './rule.ts'
import { tableCalls, tableColumns } from './tables.ts'

const rules: readonly Rule[] = [
  calls,
  sessionHelpers,
  passport,
  strategies,
  routeCalls,
  routeObjects,
  routeKeys,
  routedByFunction,
  socketLogins,
  hapiAuth,
  hapiRouteAuth,
  pluginNames,
  nestRoutes,
  graphqlLogins,
  nestClasses,
  decoratedGuards,
  globalGuards,
  middlewareGuards,
  hookGuards,
  nextFiles,
  nextMiddleware,
  nextActions,
  authJs,
  nextAuthOptions,
  passwordMethods,
  passwordComparisons,
  passwordQueries,
  credentialCalls,
  listeners,
  listenerSettings,
  authorizationHeaders,
  basicChallenges,
  sessionUses,
  cookieUses,
  tableCalls,
  tableColumns,
]

export const rulesByType: ReadonlyMap<string, readonly Rule[]> = new Map(
  [...new Set(rules.flatMap((one) => one.on))].map((type) => [type, rules.filter((one) => one.on.includes(type))]),
)
