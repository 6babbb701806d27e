/** NestJS: `app.useGlobalGuards(new LockgateGuard())` or `@UseGuards(LockgateGuard)` gives requests `request.lockgate`. */
import { type CanActivate, type ExecutionContext, HttpException } from '@nestjs/common'
import type { Identity } from './identity.ts'
import { createGate, type Gate, headerOf, type LockgateOptions, type NodeRequest, type Refused } from './middleware.ts'

export type { Identity, LockgateOptions }

declare global {
  namespace Express {
    interface Request {
      /** Who sent the request. With `optional`, undefined where nobody is signed in. */
      lockgate: Identity
    }
  }
}

/** Fastify's has Node's behind `raw`. */
type NestRequest = NodeRequest & { readonly raw?: NodeRequest }
/** Express's and Fastify's alike. */
type NestResponse = { header?(name: string, value: string): unknown }

/** The request behind HTTP and GraphQL handlers; elsewhere there is none, and so nobody. */
function requestOf(context: ExecutionContext): NestRequest | null {
  if (context.getType() === 'http') return context.switchToHttp().getRequest<NestRequest>()
  const [, , graphql] = context.getArgs<unknown[]>()
  return (graphql as { readonly req?: NestRequest } | undefined)?.req ?? null
}

function exceptionOf(context: ExecutionContext, { status, headers, body, error }: Refused): HttpException {
  const response = context.getType() === 'http' ? context.switchToHttp().getResponse<NestResponse>() : null
  for (const [name, value] of Object.entries(headers)) response?.header?.(name, value)
  return new HttpException(JSON.parse(body) as Record<string, unknown>, status, { cause: error })
}

/** A refused request ends in an HttpException, so that exception filters see it. Nothing is injected: `@UseGuards` can make it. */
export class LockgateGuard implements CanActivate {
  readonly #gate: Gate

  constructor(options: LockgateOptions = {}) {
    this.#gate = createGate(options)
  }

  /** As wide as Nest has it, so that a guard which extends this one may answer at once. */
  canActivate(context: ExecutionContext): ReturnType<CanActivate['canActivate']> {
    return this.#admit(context)
  }

  async #admit(context: ExecutionContext): Promise<boolean> {
    const request = requestOf(context)
    const { identity, refused } = await this.#gate(request && headerOf(request.raw ?? request))
    if (refused) throw exceptionOf(context, refused)
    if (identity && request) Object.assign(request, { lockgate: identity })
    return true
  }
}
