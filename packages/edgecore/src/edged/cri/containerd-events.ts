// containerd's own event stream, on the same socket as CRI: tells at once what a list would show later.

import { isFault } from '@selvedge/base';
import type { WatchOptions } from '../runtime/container-runtime.ts';
import type { GrpcChannel } from './grpc-channel.ts';
import type { ProtobufCodec } from './protobuf.ts';

const path = '/containerd.services.events.v1.Events/Subscribe';
const namespace = 'k8s.io';
const topics = ['/tasks/start', '/tasks/exit', '/tasks/oom', '/containers/delete'];

export async function watchContainerdEvents(
  channel: GrpcChannel,
  codec: ProtobufCodec,
  options: WatchOptions,
): Promise<'ended' | 'unsupported'> {
  const filters = topics.map((topic) => `topic=="${topic}",namespace=="${namespace}"`);
  const request = codec.encode('SubscribeRequest', { filters });
  const onMessage = (bytes: Uint8Array) => {
    const { topic, event } = codec.decode('Envelope', bytes);
    if (!event?.value) return;
    const task = codec.decode('TaskEvent', event.value);
    const isCommand = topic === '/tasks/exit' && task.id !== task.containerId; // an exec in the container, a probe's
    if (task.containerId && !isCommand)
      options.onEvent({ id: task.containerId, exited: topic === '/tasks/exit' });
  };
  try {
    const finished = channel.stream(path, request, { signal: options.signal, onMessage });
    options.onOpen();
    await finished;
  } catch (error) {
    if (isFault(error, 'runtime/unimplemented')) return 'unsupported';
    if (!options.signal.aborted) throw error;
  }
  return 'ended';
}
