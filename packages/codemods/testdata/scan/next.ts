// dependencies: next next-auth
import NextAuth, { getServerSession, type NextAuthOptions } from 'next-auth'
import Credentials from 'next-auth/providers/credentials'
export const authOptions: NextAuthOptions = { // strategy
  providers: [
    Credentials({ authorize }), // strategy?
  ],
}
export const handler = NextAuth(authOptions) // strategy
export const load = async () => getServerSession(authOptions) // session
