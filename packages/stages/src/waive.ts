/** `lockgate waive`: lets the fail of one check for one backend pass, for a stated time, by a named person. */
import { checkById } from '@lockgate/checks'
import { LockgateError } from '@lockgate/model'
import { isTooLong, mostWaiverDays } from './waiver-term.ts'
import type { Workspace } from './workspace.ts'

export interface WaiveOptions {
  readonly check: string
  readonly backend: string
  readonly owner: string
  readonly reason: string
  readonly until: string
}

/** A date alone lasts to its end, UTC. Throws LG2010. */
export function parseUntil(text: string): Date {
  const whole = /^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T23:59:59Z` : text
  const at = new Date(whole)
  if (Number.isNaN(at.getTime()) || !/^\d{4}-\d{2}-\d{2}/.test(text))
    throw new LockgateError('LG2010', `${text} is no date; expected such as 2027-03-31 or 2027-03-31T18:00:00Z`)
  return at
}

export async function waive(workspace: Workspace, options: WaiveOptions): Promise<{ until: string }> {
  const now = workspace.now()
  const until = parseUntil(options.until)
  refuseUnknown(workspace, options.check, options.backend)
  if (!options.owner.trim() || !options.reason.trim())
    throw new LockgateError('LG2010', 'a waiver needs an owner and a reason: --owner WHO --reason TEXT')
  if (until <= now) throw new LockgateError('LG2010', `${options.until} is over already; name a date to come`)
  if (isTooLong(now, until))
    throw new LockgateError(
      'LG2010',
      `${options.until} is more than ${mostWaiverDays} days ahead; waive for less and look again then`,
    )
  await workspace.append([{ ...options, type: 'waiver', until: until.toISOString(), at: now.toISOString() }])
  return { until: until.toISOString() }
}

export async function unwaive(workspace: Workspace, check: string, backend: string): Promise<void> {
  const { history } = await workspace.readState()
  if (![...history.waivers.values()].some((one) => one.check === check && one.backend === backend))
    throw new LockgateError('LG2009', `${check} of ${backend} is not waived`)
  await workspace.append([{ type: 'waiver-removed', check, backend, at: workspace.now().toISOString() }])
}

function refuseUnknown(workspace: Workspace, check: string, backend: string): void {
  if (!checkById(check))
    throw new LockgateError(
      'LG2010',
      `no check is called ${check}; \`lockgate explain\` lists them. gate.* reasons cannot be waived`,
    )
  const known = workspace.settings.backends.map((one) => one.id)
  if (!known.includes(backend))
    throw new LockgateError('LG2010', `no backend is called ${backend}; there are: ${known.join(', ') || 'none'}`)
}
