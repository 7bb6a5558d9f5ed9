// Starts the node's HTTP endpoint when somebody first asks for it, and loads its code only then.

import type { KubeletEndpoint } from '../kubelet-endpoint.ts';
import type { EndpointServer, EndpointServerOptions } from './endpoint-server.ts';

export function lazyKubeletEndpoint(options: EndpointServerOptions): KubeletEndpoint {
  let starting: Promise<EndpointServer> | undefined;
  const start = async () => {
    const { startEndpointServer } = await import('./endpoint-server.ts');
    return startEndpointServer(options);
  };
  return {
    async open() {
      starting ??= start().catch((error) => {
        starting = undefined; // whoever asks next tries again
        throw error;
      });
      return (await starting).socketPath;
    },
    async [Symbol.asyncDispose]() {
      const server = await starting?.catch(() => undefined);
      await server?.[Symbol.asyncDispose]();
    },
  };
}
