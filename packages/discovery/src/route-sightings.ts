/** The routes of a proxy as mentions of the backends behind them. */
import type { Route } from '@lockgate/model'
import { keyOf, placeOf } from './endpoint.ts'
import { type Sighting, sighted } from './sighting.ts'

const plainName = /^[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?$/i

/** `https://name:8443` by what the route listens on; https where it listens on both. */
function publicOf(route: Route): string | null {
  if (route.name === '_' || !plainName.test(route.name)) return null
  const places = route.listen.flatMap((one) => {
    const match = /^(https?):\/\/.*:(\d+)$/.exec(one)
    return match ? [{ scheme: match[1] as string, port: Number(match[2]) }] : []
  })
  const best = places.find((one) => one.scheme === 'https') ?? places[0]
  if (!best) return null
  const standard = best.scheme === 'https' ? 443 : 80
  return `${best.scheme}://${route.name.toLowerCase()}${best.port === standard ? '' : `:${best.port}`}`
}

function notesOf(route: Route, seen: string | null): readonly string[] {
  const part = seen !== null && route.path !== '/' ? [`only ${route.path} of ${seen} leads to it`] : []
  const pattern =
    seen !== null || route.name === '_'
      ? []
      : route.name === '*'
        ? ['names that no other virtual host has lead to it as well']
        : [`names of the pattern ${route.name} lead to it as well`]
  const balanced = route.upstreams.length > 1 ? [`balanced over ${route.upstreams.join(', ')}`] : []
  return [...balanced, ...part, ...pattern]
}

const otherThanHttp = (upstreams: readonly string[]): string =>
  upstreams.every((one) => one.includes('+unix:'))
    ? `reached by ${upstreams.join(', ')}, a socket of the file system to which no network leads`
    : `reached by ${upstreams.join(', ')}, which is not HTTP`

/** A route that leads nowhere, such as a redirect, is no backend. */
export function routeSightings(routes: readonly Route[]): readonly Sighting[] {
  return routes
    .filter((route) => route.upstreams.length > 0)
    .map((route) => {
      const places = route.upstreams.flatMap((one) => placeOf(one) ?? [])
      const seen = publicOf(route)
      const http = route.upstreams.find((one) => /^https?:\/\//.test(one))
      const notHttp = http === undefined ? [otherThanHttp(route.upstreams)] : []
      return sighted({
        upstream: http ?? null,
        keys: places.length > 0 ? places.map((one) => keyOf(one.host, one.port)) : route.upstreams,
        publics: seen === null ? [] : [seen],
        partial: route.path !== '/',
        hosts: places.map((one) => [one.host]),
        ports: places.map((one) => one.port),
        notes: [...notHttp, ...notesOf(route, seen)],
        file: route.file,
        line: route.line,
      })
    })
}
