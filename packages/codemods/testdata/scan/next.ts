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
import { cookies } from 'next/headers'
import { unsealData } from 'iron-session'
export const opened = await unsealData(seal, { password }) // session
export const own = (await cookies()).get('session') // session?
export const csrf = (await cookies()).get('csrf-token')
export async function login(form: FormData) { 'use server' } // login-route
export async function load(form: FormData) { 'use server' }
