/** Listeners that take connections from everywhere: no host, or the unspecified address. */
import {
  bare,
  child,
  children,
  dotted,
  isFunction,
  keyName,
  literal,
  type Node,
  property,
  textAt,
} from '../syntax/node.ts'
import { rootOf } from './route-call.ts'
import { type Certainty, type Context, type Found, frameworkOf, isLocal, moduleOf, type Rule } from './rule.ts'

const serverModules =
  /^(express|koa|(node:)?https?|(node:)?http2|(node:)?net|(node:)?tls|fastify|@nestjs\/core|restify|polka|connect|@hapi\/hapi|hapi|socket\.io|hono|@feathersjs\/express|@tinyhttp\/app|hyper-express|apollo-server|@apollo\/server|graphql-yoga|json-server|next)$/
const serverName = /(^|\.)_?(\w*(app|server|http|https|api|fastify|nest|express|koa|web|listener|instance))$/i
/** Hapi's servers whose address is written elsewhere. */
const composed = /^(@hapi\/)?(glue\.compose|hapi\.createServer)\(\)$/
const portText = /port|PORT/

type Exposure = Certainty | null

export const listeners: Rule = {
  on: ['CallExpression', 'NewExpression'],
  find(node, _parents, context) {
    const hapi = hapiServer(node, context)
    if (hapi !== undefined) return hapi ?? undefined
    const serve = serveCall(node, context)
    if (serve) return serve
    const callee = bare(child(node, 'callee'))
    if (node.type !== 'CallExpression' || callee?.type !== 'MemberExpression') return undefined
    if (keyName(callee) === 'start' && composed.test(context.originOf(child(callee, 'object')) ?? ''))
      return { ...found(node, 'likely', context), framework: 'hapi' }
    if (keyName(callee) !== 'listen') return undefined
    const args = children(node, 'arguments')
    const receiver = child(callee, 'object')
    const certainty = weaken(receiverOf(receiver, args, context), exposureOf(args, receiver, context))
    return certainty ? found(node, certainty, context) : undefined
  },
}

const found = (node: Node, certainty: Certainty, context: Context): Found => ({
  at:
    keyName(bare(child(node, 'callee'))) === 'listen'
      ? (child(bare(child(node, 'callee')), 'property')?.start ?? node.start)
      : node.start,
  node,
  kind: 'listener',
  framework: frameworkOf(context),
  certainty,
})

const weaken = (receiver: Exposure, exposure: Exposure): Exposure =>
  receiver === null || exposure === null ? null : receiver === 'sure' && exposure === 'sure' ? 'sure' : 'likely'

/** How sure it is that this is a server of this process. */
function receiverOf(receiver: Node | undefined, args: readonly Node[], context: Context): Exposure {
  const [first] = args
  if (first && isFunction(bare(first)))
    return serverName.test(dotted(receiver) ?? '') && args.length > 1 ? 'likely' : null
  const origin = receiver && (context.originOf(receiver) ?? context.originOf(rootOf(receiver)))
  const isPort = first !== undefined && takesPort(first, context)
  const name = dotted(receiver)
  if (origin !== undefined && !isLocal(origin)) {
    if (serverModules.test(moduleOf(origin))) return 'sure'
    return isPort && name !== undefined && serverName.test(name) ? 'likely' : null
  }
  if (name === undefined) return isPort ? 'likely' : null
  if (serverName.test(name)) return isPort ? 'sure' : args.length > 0 ? 'likely' : null
  return isPort ? 'likely' : null
}

const takesPort = (node: Node, context: Context): boolean => {
  const inner = bare(node)
  if (inner?.type === 'Literal') return typeof inner.value === 'number' || /^\d+$/.test(String(inner.value))
  return portText.test(context.text.slice(node.start, node.end))
}

const everywhere = new Set(['0.0.0.0', '::', '', '[::]'])
const loopback = /^(localhost|127\.|::1$|\[::1\])/

function exposureOf(args: readonly Node[], receiver: Node | undefined, context: Context): Exposure {
  const [first, second] = args
  const inner = bare(first)
  const path = literal(inner)
  if (path !== undefined && !/^\d+$/.test(path)) return null
  if (inner?.type === 'ObjectExpression') {
    if (property(inner, 'path')) return null
    return ofHost(
      property(inner, 'host') ?? property(inner, 'hostname') ?? property(inner, 'address'),
      receiver,
      context,
    )
  }
  if (
    inner &&
    /^(Identifier|MemberExpression)$/.test(inner.type) &&
    !second &&
    bindsLoopbackByDefault(receiver, context)
  )
    return takesPort(inner, context) ? null : 'likely'
  return ofHost(second && !isFunction(bare(second)) && !isCallback(second) ? second : undefined, receiver, context)
}

const isCallback = (node: Node): boolean => {
  const inner = bare(node)
  return (
    inner?.type === 'CallExpression' ||
    /^(cb|callback|done|on[A-Z]\w*|next|resolve|\w*(Listen|Listening|Ready|Callback|Start|Started))$/.test(
      textAt(inner, 'name') ?? '',
    ) ||
    inner?.type === 'ObjectExpression'
  )
}

function ofHost(host: Node | undefined, receiver: Node | undefined, context: Context): Exposure {
  if (host === undefined) return bindsLoopbackByDefault(receiver, context) ? null : 'sure'
  const text = literal(host) ?? context.constantOf(host)
  if (text === undefined) return 'likely'
  if (loopback.test(text)) return null
  return everywhere.has(text) ? 'sure' : 'likely'
}

/** Fastify listens on localhost where it is not told otherwise, alone and below Nest. */
function bindsLoopbackByDefault(receiver: Node | undefined, context: Context): boolean {
  const origin = context.originOf(receiver)
  if (origin !== undefined && !isLocal(origin))
    return moduleOf(origin) === 'fastify' || /FastifyAdapter/.test(context.text)
  if (/FastifyAdapter/.test(context.text)) return true
  return context.imports.has('fastify') || (context.dependencies.has('fastify') && !context.dependencies.has('express'))
}

/** `Hapi.server({ port })` and `server.connection({ port })`: null where it is loopback, undefined where it is no such call. */
function hapiServer(node: Node, context: Context): Found | null | undefined {
  const callee = bare(child(node, 'callee'))
  const origin = context.originOf(callee)
  const isHapi = origin !== undefined && /^(@hapi\/hapi|hapi)\.(server|Server)$/.test(origin)
  const isConnection = keyName(callee) === 'connection' && /(^|\.)server$/.test(dotted(child(callee, 'object')) ?? '')
  const isOld = origin !== undefined && /^(@hapi\/)?hapi\.createServer$/.test(origin)
  if (!isHapi && !isConnection && !isOld) return undefined
  const of = (certainty: Certainty): Found => ({ ...found(node, certainty, context), framework: 'hapi' })
  const [options] = children(node, 'arguments')
  if (options === undefined) return isConnection ? of('likely') : null
  if (bare(options)?.type !== 'ObjectExpression') return of('likely')
  const certainty = ofHost(property(options, 'host') ?? property(options, 'address'), undefined, context)
  return certainty && of(certainty)
}

/** `serve({ fetch, port })` of Hono, `Bun.serve`, `Deno.serve`. */
function serveCall(node: Node, context: Context): Found | undefined {
  const callee = child(node, 'callee')
  const isServe =
    context.originOf(callee) === '@hono/node-server.serve' || /^(Bun|Deno)\.serve$/.test(dotted(callee) ?? '')
  if (!isServe) return undefined
  const options = children(node, 'arguments').find((one) => bare(one)?.type === 'ObjectExpression')
  const certainty = ofHost(property(options, 'hostname'), undefined, context)
  return certainty ? found(node, certainty, context) : undefined
}

/** Settings with `host: '0.0.0.0'` beside a port: a manifest or a configuration that a server is made from. */
export const listenerSettings: Rule = {
  on: ['ObjectExpression'],
  find(node, parents, context) {
    const host = property(node, 'host') ?? property(node, 'hostname') ?? property(node, 'address')
    const above = parents.at(-1)
    if (!host || !property(node, 'port') || above?.type === 'CallExpression' || above?.type === 'NewExpression')
      return undefined
    const text = context.text.slice(host.start, host.end)
    return /['"](0\.0\.0\.0|::)['"]/.test(text) ? { ...found(node, 'likely', context), at: host.start } : undefined
  },
}
