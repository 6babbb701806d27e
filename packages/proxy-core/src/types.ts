/** The shapes that programs built on the proxy see. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { SecureContextOptions } from 'node:tls'
import type { AccessLogRecord, GatewayConfig } from '@lockgate/model'

/** How far a backend relaxes what is refused in a path; see `judgePath`. */
export type PathRules = GatewayConfig['backends'][number]['paths']

/** A public origin, an upstream or a listener. */
export interface Endpoint {
  readonly scheme: 'http' | 'https'
  /** Name or IP address, without brackets. */
  readonly host: string
  readonly port: number
}

/** One backend: what users ask for, and where it is forwarded to. */
export interface Route {
  readonly id: string
  readonly public: Endpoint
  readonly upstream: Endpoint
  readonly paths: PathRules
  /** Bytes of a request body. */
  readonly bodyLimit: number
  /** Milliseconds that the backend may be silent, and that connecting to it may take. */
  readonly timeoutMs: number
  /** Paths that begin with this are answered by `own`, never by the backend. */
  readonly ownPaths?: string
}

/** What the proxy serves at one moment; replaced as a whole. */
export interface RouteSet {
  readonly routes: readonly Route[]
  /** Whole bodies answered with 200 by host name, before any route. */
  readonly fixed?: Readonly<Record<string, string>>
  /** Public origins without a backend: every path of theirs is answered by `own`. */
  readonly ownHosts?: readonly Endpoint[]
}

/** One request as a decision sees it: after every check of form, before a byte goes to the backend. */
export interface Asked {
  readonly backend: string
  readonly method: string
  /** As `judgePath` gives it. */
  readonly path: string
  /** Path and query as they are forwarded. */
  readonly target: string
  readonly scheme: 'http' | 'https'
  readonly host: string
  /** IP address of the TCP peer, or what a trusted engine says of its own. */
  readonly source: string
  /** Names and values in turn, already without what clients may not send. */
  readonly headers: string[]
  readonly upgrade: boolean
}

/** A request that the program answers itself. */
export interface OwnAsked extends Omit<Asked, 'backend'> {
  /** null on a host without a backend. */
  readonly backend: string | null
  /** At most 64 KiB. */
  readonly body: string
}

/** A whole answer; headers are names and values in turn. */
export interface Answer {
  readonly status: number
  readonly headers: readonly string[]
  readonly body: string
}

/** What is to become of a request. */
export type Decision =
  | {
      readonly allow: true
      /** Added for the backend. Headers here and below are names and values in turn. */
      readonly headers?: readonly string[]
      /** The client's headers that go on, instead of `Asked.headers`; the proxy takes the array over. */
      readonly forwarded?: string[]
      /** Added to the backend's answer. */
      readonly answered?: readonly string[]
      /** What the request depends on: `ReverseProxy.tied` gives it back as long as it is under way. */
      readonly tie?: object
    }
  /** `body` is the whole answer, whose type `headers` name; without it the client is told in JSON that access is denied. */
  | {
      readonly allow: false
      readonly status: number
      readonly headers?: readonly string[]
      readonly body?: string
      /** What a gRPC call is told, which gets a status of gRPC and no body. */
      readonly because?: string
    }

/** What `onAccess` gets: a record of the access log but for the edge's name. */
export type Access = Omit<AccessLogRecord, 'edge'>

/** Certificate and key in PEM. */
export type KeyPair = Required<Pick<SecureContextOptions, 'cert' | 'key'>>

/** Certificates of the https listeners, by the name of the handshake (SNI). */
export interface TlsMaterial {
  /** For clients without SNI and for names that have none of their own. */
  readonly default: KeyPair | null
  readonly names: Readonly<Record<string, KeyPair>>
}

/** What a client may take; the status that it gets beyond stands beside each. */
export interface Limits {
  /** Bytes of request line and headers together (431). */
  readonly headerBytes: number
  /** Header fields (431). */
  readonly headerCount: number
  /** Bytes of the request target (414). */
  readonly targetBytes: number
  /** Milliseconds in which a request's headers must be complete (408). */
  readonly headersMs: number
  /** Milliseconds that a client may neither send an announced body nor take the answer (408, or closed). */
  readonly clientSilentMs: number
  /** Milliseconds that a kept-alive client connection may idle. */
  readonly keepAliveMs: number
  /** Milliseconds that a tunnel may be silent in both directions. */
  readonly tunnelSilentMs: number
}

/** What is served, who decides, and who is told. */
export interface ProxyOptions extends RouteSet {
  readonly onAccess: (access: Access) => void
  /** Asked before anything is forwarded; a rejection denies with 503. */
  readonly decide?: (asked: Asked) => Decision | Promise<Decision>
  /** Answers for `RouteSet.ownHosts` and `Route.ownPaths`; a rejection answers 503. */
  readonly own?: (asked: OwnAsked) => Promise<Answer>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Told of what should not happen; the request's connection is then closed, and nothing else. */
  readonly onFault?: (error: unknown) => void
  readonly limits?: Partial<Limits>
  readonly tls?: TlsMaterial
}

/** Who really asks, as an engine in front says it. */
export interface Peer {
  readonly source: string
  readonly scheme: 'http' | 'https'
  /** Public host; null: the Host header. */
  readonly host: string | null
}

/** A listener whose only clients are engines of this host. */
export interface EngineJoint {
  /** Answers by itself and gives true, before anything else looks at the request. */
  readonly answer: (request: IncomingMessage, response: ServerResponse) => boolean
  readonly peer: (request: IncomingMessage) => Peer
}

/** One address to listen at. */
export interface ListenOn extends Endpoint {
  /** Path of a Unix socket, instead of host and port. */
  readonly socket?: string
  readonly engine?: EngineJoint
}

/** A request or tunnel under way whose decision had a `tie`. */
export interface Tied {
  readonly tie: object
  /** Milliseconds since the epoch. */
  readonly began: number
  /** Ends it: 401 where nothing was answered yet, else its stream or connection is cut. */
  cut(): void
}

/** What `createProxy` gives: it serves wherever `listen` binds it. */
export interface ReverseProxy {
  /** Binds; gives the port, which differs from the asked one where that is 0. */
  listen(on: ListenOn): Promise<number>
  /** Stops accepting there; requests in flight end. */
  unlisten(on: ListenOn): Promise<void>
  /** New requests go by the new set at once; those in flight end on the old one, whose pools then close. */
  replaceRoutes(set: RouteSet): void
  /** For new handshakes. Throws where a certificate and its key cannot be used. */
  replaceTls(tls: TlsMaterial): void
  /** What is under way just now. */
  tied(): readonly Tied[]
  /** Stops accepting, lets requests in flight end, and cuts what is left after `graceMs` milliseconds. */
  close(graceMs: number): Promise<void>
}
