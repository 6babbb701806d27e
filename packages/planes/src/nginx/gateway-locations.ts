/** All locations of a backend's server block besides the one that forwards. */
import type { Backend, EdgeModel } from '@lockgate/model'
import type { ConfigNode } from '../tree/node.ts'
import type { Admission } from './admission.ts'
import { answer, decide } from './ask-gateway.ts'
import { carriesGrpc } from './grpc.ts'
import { forward, forwardGrpc, people, unavailable } from './hand-over.ts'
import { locations } from './names.ts'

interface Logs {
  readonly asked: ConfigNode
  readonly unasked: ConfigNode
}

export const gatewayLocations = (
  model: EdgeModel,
  backend: Backend,
  admission: Admission,
  { asked, unasked }: Logs,
): readonly ConfigNode[] => [
  decide(model, backend),
  answer(backend, unasked),
  forward(backend, admission, asked),
  ...(carriesGrpc(model.edge, backend) ? [forwardGrpc(backend, admission, asked)] : []),
  people(locations.people, backend.public, admission, unasked),
  unavailable(unasked),
]
