/** Which of a backend's step-up paths a request falls under, so that no kept decision answers for another one. */
import type { Backend, EdgeIdentity } from '@lockgate/model'
import { block, type ConfigNode, directive, literalPattern, pattern, type Variable, variable } from '../tree/node.ts'
import { rulesName } from '../tree/target-pattern.ts'
import { routeVariable, targetVariable } from './names.ts'

/** Segments that are the same to whatever decodes, folds or cuts. */
const segment = '[A-Za-z0-9_~-][A-Za-z0-9._~-]*'
const usualPath = new RegExp(`^(?:/${segment})+$`)

const stepUpPaths = ({ settings }: EdgeIdentity, backend: Backend): readonly string[] => [
  ...new Set(settings.stepUp.filter((one) => one.backend === backend.id).map((one) => one.path.replace(/\/+$/, ''))),
]

const longestFirst = (a: string, b: string): number => b.length - a.length || (a < b ? -1 : 1)

/**
 * A route is a prefix where that is beyond doubt, and else the path as it is: a path in another case, the prefix itself, a
 * path with anything unusual. Whatever the gateway makes of those, only the same path gets the same decision.
 */
export function routeMap(identity: EdgeIdentity, backend: Backend): readonly ConfigNode[] {
  const paths = stepUpPaths(identity, backend)
    .filter((one) => one !== '')
    .toSorted(longestFirst)
  if (paths.length === 0) return []
  const path = variable(targetVariable(rulesName(backend.paths)))
  const under = paths.flatMap((one) => [
    directive(pattern(`~^${literalPattern(one)}(?:/${segment})++/?$`), one),
    directive(pattern(`~*^${literalPattern(one)}(?:/|$)`), path),
  ])
  const elsewhere = directive(pattern(`~^(?:/${segment})*+/?$`), '/')
  return [
    block(
      'map',
      [path, variable(routeVariable(backend.id))],
      [directive('default', path), ...(paths.every((one) => usualPath.test(one)) ? [...under, elsewhere] : [])],
    ),
  ]
}

/** null: one route, so that it needs no place in the key. */
export const routeOf = (identity: EdgeIdentity, backend: Backend): Variable | null =>
  routeMap(identity, backend).length > 0 ? variable(routeVariable(backend.id)) : null
