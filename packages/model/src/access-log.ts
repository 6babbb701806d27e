/** The one access-log record that every plane writes, one JSON object a line. */
import { z } from 'zod'

export const accessLogRecord = z.strictObject({
  at: z.string().describe('RFC 3339 time at which the request ended or began'),
  edge: z.string(),
  backend: z
    .string()
    .nullable()
    .describe('id of the backend; null where the request was refused before one was chosen'),
  source: z.string().describe('IP address of the TCP peer'),
  method: z.string(),
  host: z.string(),
  path: z.string().describe('request path as received, without the query'),
  status: z.number().int(),
  bytes: z.number().int().describe('bytes of the response body'),
  seconds: z.number().describe('from the first byte of the request to the last of the response'),
  upstream: z.string().nullable().describe('address and port that was asked'),
})
export type AccessLogRecord = z.infer<typeof accessLogRecord>
