/** What every check of this stage says of a backend that does not take part in it, or not fully. */
import type { Io, Rollout } from '@lockgate/model'

export type Part = {
  /** null: it takes no part. */
  readonly rollout: { readonly mode: Rollout['mode']; readonly percent: number } | null
  /** The login origin; null: lockgate.yaml has no `identity`. */
  readonly login: string | null
}

export const partOf = ({ identity }: Io): Part => ({
  rollout: identity?.rollout ?? null,
  login: identity?.settings.origin.origin ?? null,
})

/** Where who is not signed in passes as meant, tries to get past the login show nothing. */
export const isEnforced = (io: Io): boolean => unenforced(partOf(io)).length === 0

/** Why requests without a session still pass, as they are meant to; empty where the stage is enforced. */
export function unenforced({ rollout, login }: Part): readonly string[] {
  if (login === null) return ['lockgate.yaml has no identity, so nobody signs in']
  if (rollout === null) return ['stage identity is not applied to it, so nobody has to sign in']
  const share = rollout.mode === 'canary' ? `, ${rollout.percent} % of sessions` : ''
  return rollout.mode === 'enforce'
    ? []
    : [`stage identity is in mode ${rollout.mode}${share}: who is not signed in passes`]
}
