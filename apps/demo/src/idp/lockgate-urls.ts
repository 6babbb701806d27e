/** The URLs that an identity provider knows of Lockgate. */
export const lockgateUrls = (origin: string) => ({
  redirect: `${origin}/.lockgate/callback`,
  backChannel: `${origin}/.lockgate/backchannel-logout`,
  postLogout: `${origin}/.lockgate/signed-out`,
})
