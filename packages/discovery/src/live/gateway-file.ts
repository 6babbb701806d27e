/** The file that a gateway watches. */
import { type GatewayConfig, gatewayConfigSchema } from '@lockgate/model'

/** A gateway.json; the text of an error where it is not one. */
export function parseGatewayFile(text: string): GatewayConfig | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    return `it is not JSON: ${(cause as Error).message}`
  }
  const parsed = gatewayConfigSchema.safeParse(value)
  return parsed.success ? parsed.data : `it is not what the gateway reads: ${parsed.error.issues[0]?.path.join('.')}`
}
