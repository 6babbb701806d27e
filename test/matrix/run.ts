/**
 * `npm run matrix [TEXT]`: every plane with every identity provider of the lab through the gate of stage identity, end to end. One
 * JSON line a cell whose name has TEXT in it; exit 1 where one failed.
 */
import { have, type LabPart } from '../lab/index.ts'
import { type Cell, walkCell } from './walk-cell.ts'

const planes = ['builtin', 'nginx', 'apache', 'envoy'] as const
const kinds = ['oidc-provider', 'keycloak', 'entra-shaped'] as const

const cells = kinds.flatMap((kind) => planes.map((plane): Cell => ({ plane, kind })))
const nameOf = ({ plane, kind }: Cell) => `${plane} × ${kind}`
const wanted = process.argv.slice(2)
const chosen = cells.filter((one) => wanted.every((text) => nameOf(one).includes(text)))

/** A cell that this machine cannot run has not passed. */
function walk(cell: Cell, tell: (step: string) => void): ReturnType<typeof walkCell> {
  const parts: readonly LabPart[] = [
    ...(['netns', 'nft', 'openssl'] as const),
    ...(cell.plane === 'builtin' ? [] : [cell.plane]),
    ...(cell.kind === 'keycloak' ? (['keycloak'] as const) : []),
  ]
  const missing = parts.filter((part) => !have(part))
  if (missing.length > 0) return Promise.reject(new Error(`this machine lacks ${missing.join(', ')}`))
  return walkCell(cell, tell)
}

let failed = 0
for (const cell of chosen) {
  const begun = performance.now()
  const steps: string[] = []
  const tell = (step: string) => steps.push(`${step} ${Math.round((performance.now() - begun) / 1_000)}`)
  const outcome = await walk(cell, tell).then(
    (seen) => ({ passed: true, ...seen }),
    (error: unknown) => ({ passed: false, because: String(error) }),
  )
  if (!outcome.passed) failed += 1
  const seconds = Math.round((performance.now() - begun) / 1_000)
  process.stdout.write(`${JSON.stringify({ cell: nameOf(cell), seconds, steps: steps.join(', '), ...outcome })}\n`)
}
process.stderr.write(`${chosen.length - failed} passed, ${failed} failed\n`)
process.exitCode = failed === 0 && chosen.length > 0 ? 0 : 1
