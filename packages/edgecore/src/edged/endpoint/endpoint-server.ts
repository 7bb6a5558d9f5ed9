import type { EdgedContext } from '../edged-context.ts';
import type { KubeletEndpoint } from '../kubelet-endpoint.ts';
export async function startKubeletEndpoint(o: {
  context: EdgedContext;
  socketPath: string;
}): Promise<KubeletEndpoint> {
  return { socketPath: o.socketPath, [Symbol.asyncDispose]: async () => undefined };
}
