/** package.json after the migration: the assertion in, what nothing imports any more out. */

/** The text with its own indentation kept, null where it is no JSON object. `unused` are names that no file of the package mentions. */
export function rewriteManifest(text: string, unused: ReadonlySet<string>, assertion: string): string | null {
  const manifest = parse(text)
  if (manifest === null) return null
  const without = (section: unknown): Record<string, string> =>
    Object.fromEntries(
      Object.entries((section ?? {}) as Record<string, string>).filter(([name]) => !isUnused(name, unused)),
    )
  const dependencies = { ...without(manifest.dependencies), '@lockgate/assertion': assertion }
  const sorted = Object.fromEntries(Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1)))
  const changed = Object.fromEntries(
    Object.entries(manifest).map(([key, value]) => [
      key,
      key === 'dependencies' ? sorted : key === 'devDependencies' ? without(value) : value,
    ]),
  )
  const indent = /^\{\r?\n([ \t]+)/.exec(text)?.[1] ?? '  '
  const complete = 'dependencies' in manifest ? changed : { ...changed, dependencies: sorted }
  return `${JSON.stringify(complete, null, indent)}${text.endsWith('\n') ? '\n' : ''}`
}

function parse(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** Types go with what they are of. */
function isUnused(name: string, unused: ReadonlySet<string>): boolean {
  const typed = name.startsWith('@types/') ? name.slice('@types/'.length).replace(/^(.+)__(.+)$/, '@$1/$2') : name
  return unused.has(typed)
}

/** What the rewriting can make superfluous. */
export const replaceable: readonly string[] = [
  'passport passport-local passport-jwt passport-http passport-http-bearer connect-ensure-login express-session cookie-session',
  'express-jwt koa-jwt express-basic-auth koa-basic-auth jsonwebtoken bcrypt bcryptjs argon2 @fastify/jwt fastify-jwt @fastify/session fastify-session',
  '@nestjs/passport @nestjs/jwt @hapi/basic @hapi/cookie @hapi/jwt hapi-auth-basic hapi-auth-cookie hapi-auth-jwt2',
  'next-auth @auth/core @auth/prisma-adapter @auth/drizzle-adapter @next-auth/prisma-adapter @next-auth/mongodb-adapter @auth/mongodb-adapter bcrypt-ts',
  '@fastify/secure-session connect-redis connect-mongo connect-sqlite3 session-file-store',
].flatMap((line) => line.split(' '))
