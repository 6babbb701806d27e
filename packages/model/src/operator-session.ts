/** A session of the operator's own: what the gateway answers to `lockgate login`, and what the CLI keeps of it. */
import { z } from 'zod'

/** The gateway's answer at `ORIGIN/.lockgate/operator`. Times are milliseconds since the epoch. */
export const operatorAnswer = z.object({
  /** Value of the login origin's session cookie. No fact and no log ever holds it. */
  cookie: z.string().regex(/^[A-Za-z0-9_-]{20,200}$/),
  session: z.object({
    sid: z.string(),
    user: z.string(),
    acr: z.string().nullable(),
    amr: z.array(z.string()),
    /** Entra authentication contexts (`acrs`). */
    contexts: z.array(z.string()).default([]),
    /** null: MFA was never proven. */
    mfaAt: z.number().nullable(),
    authTime: z.number(),
    endsAt: z.number(),
    /** false: the IdP gave no refresh token, so it is not asked again before the session ends. */
    renews: z.boolean().optional(),
    /** false: the IdP's metadata announce no back-channel logout, so it tells of none. */
    told: z.boolean().optional(),
  }),
})

/** `.lockgate/session.json`. */
export type OperatorSession = z.infer<typeof operatorAnswer>
