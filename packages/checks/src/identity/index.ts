/** The checks of stage identity, in the order in which they are told. */
import type { Check } from '@lockgate/model'
import { anonymous } from './anonymous.ts'
import { backendForged } from './backend-forged.ts'
import { codeJoined } from './code-joined.ts'
import { cookie } from './cookie.ts'
import { forgedHeader } from './forged-header.ts'
import { forwardedUri } from './forwarded-uri.ts'
import { headerVariants } from './header-variants.ts'
import { idpClient } from './idp-client.ts'
import { legacyAuth } from './legacy-auth.ts'
import { localAccounts } from './local-accounts.ts'
import { loginLive } from './login-live.ts'
import { logout } from './logout.ts'
import { mfaClaim } from './mfa-claim.ts'
import { openRedirect } from './open-redirect.ts'
import { sessionReaches } from './session-reaches.ts'
import { tokenBinding } from './token-binding.ts'

export const identityChecks: readonly Check[] = [
  sessionReaches,
  anonymous,
  forgedHeader,
  headerVariants,
  forwardedUri,
  backendForged,
  loginLive,
  codeJoined,
  legacyAuth,
  cookie,
  mfaClaim,
  tokenBinding,
  logout,
  openRedirect,
  localAccounts,
  idpClient,
]
