/** The URLs that an identity provider knows of Lockgate, all below the login origin. */
import type { Origin } from '@lockgate/model'

export const idpUrls = ({ origin }: Pick<Origin, 'origin'>) => ({
  redirect: `${origin}/.lockgate/callback`,
  backChannel: `${origin}/.lockgate/backchannel-logout`,
  postLogout: `${origin}/.lockgate/signed-out`,
})
