// The words of the command line; each command is loaded only when it is called, so that a program loads no other.

import type { CommandGroup } from './command-line/command.ts';

export const commandTree: CommandGroup = {
  kind: 'group',
  summary: 'Extends a Kubernetes cluster to edge machines behind bad networks.',
  commands: {
    up: {
      kind: 'lazy',
      summary: 'Start a control plane, a cloud and edge nodes on this machine',
      load: async () => (await import('./commands/up.ts')).up,
    },
    down: {
      kind: 'lazy',
      summary: 'Stop what up started, keeping its state',
      load: async () => (await import('./commands/down.ts')).down,
    },
    status: {
      kind: 'lazy',
      summary: 'Show the processes and the edge nodes',
      load: async () => (await import('./commands/status.ts')).status,
    },
    controlplane: {
      kind: 'lazy',
      summary: 'Run the embedded Kubernetes control plane',
      load: async () => (await import('./commands/controlplane.ts')).controlplane,
    },
    cloudcore: {
      kind: 'lazy',
      summary: 'Run the cloud beside a Kubernetes API',
      load: async () => (await import('./commands/cloudcore.ts')).cloudcore,
    },
    edgecore: {
      kind: 'lazy',
      summary: 'Run an edge node that has joined',
      load: async () => (await import('./commands/edgecore.ts')).edgecore,
    },
    token: {
      kind: 'group',
      summary: 'Make and revoke the tokens that machines join with',
      commands: {
        create: {
          kind: 'lazy',
          summary: 'Make a token',
          load: async () => (await import('./commands/token/create.ts')).tokenCreate,
        },
        list: {
          kind: 'lazy',
          summary: 'List the tokens that are valid',
          load: async () => (await import('./commands/token/list.ts')).tokenList,
        },
        delete: {
          kind: 'lazy',
          summary: 'Revoke a token',
          load: async () => (await import('./commands/token/delete.ts')).tokenDelete,
        },
      },
    },
    join: {
      kind: 'lazy',
      summary: 'Make this machine an edge node of a cloud',
      load: async () => (await import('./commands/join.ts')).join,
    },
    reset: {
      kind: 'lazy',
      summary: 'Undo join: leave nothing of the edge node behind',
      load: async () => (await import('./commands/reset.ts')).reset,
    },
    manifests: {
      kind: 'lazy',
      summary: 'Print what an existing cluster needs for cloudcore',
      load: async () => (await import('./commands/manifests.ts')).manifests,
    },
    version: {
      kind: 'lazy',
      summary: 'Print the version',
      load: async () => (await import('./commands/version.ts')).version,
    },
    completion: {
      kind: 'lazy',
      summary: 'Print the completion script of a shell',
      load: async () => (await import('./commands/completion.ts')).completion,
    },
  },
};
