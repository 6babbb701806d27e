/** How soon what happens at the identity provider takes effect here: by what its metadata and its tokens allow. */
import type { IdentitySettings, OperatorSession } from '@lockgate/model'

export interface LogoutEffects {
  /** A logout that the IdP tells of. */
  readonly told: string
  /** What it tells only when it is asked. */
  readonly renewal: string
}

/** `session` null: there is none of the operator's, and nothing is known but what is usual. */
export function logoutEffects(
  { absolute, pass }: IdentitySettings['session'],
  session: Pick<OperatorSession['session'], 'renews' | 'told'> | null,
): LogoutEffects {
  const renewal =
    session?.renews === false
      ? `at the session's end, up to ${absolute / 3_600_000} h later: the IdP gave no refresh token (identity.scope with offline_access asks for one)`
      : `at the next renewal, at most ${pass / 1_000} s later (as long as the IdP takes to answer, where that is longer), for open streams too`
  const until = session?.renews === false ? '' : ', if it ends its refresh tokens with its session'
  const told = session?.told === false ? `this IdP announces none: ${renewal}${until}` : 'as for a logout'
  return { told, renewal }
}
