// kubectl reaches into containers as it does on Kubernetes: logs, exec, attach, cp, port-forward, run.

import { afterAll, beforeAll, describe, expect, test } from 'bun:test';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RunningCommand } from './harness/running-command.ts';
import { eventually, kubectlOfToday, LocalCluster, reasonToSkip, runCommand } from './local-cluster.ts';

const reason = await reasonToSkip({ kubectl: kubectlOfToday });
if (reason) console.log(`skipped: ${reason}`);

const image = 'localhost/busybox:1';
const shell = (name: string, script: string, more: object = {}) => ({
  name,
  image,
  command: ['/bin/sh', '-c', script],
  ...more,
});

const talkative = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'talkative' },
  spec: {
    terminationGracePeriodSeconds: 1,
    initContainers: [shell('prepare', 'echo prepared')],
    containers: [
      shell('counter', 'i=0; while true; do i=$((i+1)); echo line $i; sleep 0.2; done'),
      shell('crasher', 'echo attempt; sleep 1; exit 3'),
      shell('echo', 'exec cat', { stdin: true }),
      shell('terminal', 'while read line; do echo "got $line"; done', { stdin: true, tty: true }),
    ],
  },
};

/** kubectl speaks WebSocket or SPDY, by version and setting: both must do. */
const protocols = [
  {
    name: 'WebSocket',
    environment: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'true', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'true' },
  },
  {
    name: 'SPDY',
    environment: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' },
  },
];

describe.skipIf(reason !== undefined)('kubectl reaches into containers', () => {
  let cluster: LocalCluster;
  let directory = '';
  let hello = '';

  beforeAll(async () => {
    cluster = await LocalCluster.start();
    directory = await mkdtemp(join(tmpdir(), 'sv-kubectl-'));
    await cluster.apply(talkative);
    hello = (await cluster.kubectlOutput(['get', 'pods', '-l', 'app=hello', '-o', 'name'])).split(
      '\n',
    )[0] as string;
    await eventually('the counter runs and the crasher has crashed', async () => {
      const restarts = '{.status.containerStatuses[?(@.name=="crasher")].restartCount}';
      return Number(await output('get', 'pod', 'talkative', '-o', `jsonpath=${restarts}`)) > 0;
    });
  });

  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
    await cluster?.[Symbol.asyncDispose]();
  });

  const output = (...args: string[]) => cluster.kubectlOutput(args);
  const running = (args: string[], environment?: Record<string, string>) =>
    new RunningCommand(['kubectl', '--kubeconfig', cluster.kubeconfig, ...args], environment);

  describe('logs', () => {
    test('of the first container unless another is named', async () => {
      const first = await cluster.kubectl(['logs', 'talkative']);
      expect(first.stdout).toStartWith('line 1\nline 2\n');
      expect(first.stderr).toBe(
        'Defaulted container "counter" out of: counter, crasher, echo, terminal, prepare (init)\n',
      );
      expect(await output('logs', 'talkative', '-c', 'prepare')).toBe('prepared\n');
      expect(await output('logs', hello)).toStartWith('listening on port 80\n');
      expect(await output('logs', 'deployment/hello', '--all-containers', '--prefix')).toMatch(
        /^\[pod\/hello-\S+\/web\] listening on port 80\n/,
      );
    });

    test('cut by --tail, --since and --limit-bytes, with --timestamps', async () => {
      expect((await output('logs', 'talkative', '-c', 'counter', '--tail=3')).split('\n')).toHaveLength(4);
      expect(await output('logs', 'talkative', '-c', 'counter', '--limit-bytes=6')).toBe('line 1');
      expect(await output('logs', 'talkative', '-c', 'prepare', '--timestamps')).toMatch(
        /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z prepared\n$/,
      );
      const [first = ''] = (await output('logs', 'talkative', '-c', 'counter', '--timestamps')).split(' ');
      await eventually('the first line is older than a second', async () => {
        const recent = await output('logs', 'talkative', '-c', 'counter', '--since=1s', '--timestamps');
        return recent !== '' && !recent.startsWith(first);
      });
      const none = await output('logs', 'talkative', '-c', 'prepare', '--since-time=2999-01-01T00:00:00Z');
      expect(none).toBe('');
    });

    test('of the container before, and only where there was one', async () => {
      expect(await output('logs', 'talkative', '-c', 'crasher', '--previous')).toBe('attempt\n');
      const refused = await cluster.kubectl(['logs', 'talkative', '-c', 'counter', '--previous']);
      expect(refused).toMatchObject({
        code: 1,
        stderr:
          'Error from server (BadRequest): previous terminated container "counter" in pod "talkative" not found\n',
      });
      const unknown = await cluster.kubectl(['logs', 'talkative', '-c', 'nobody']);
      expect(unknown).toMatchObject({
        code: 1,
        stderr: 'error: container nobody is not valid for pod talkative\n',
      });
    });

    test('followed: new lines come as they are written, and the end of the container ends it', async () => {
      await using follow = running(['logs', '-f', 'talkative', '-c', 'counter', '--tail=1']);
      const [, from = ''] = await follow.said(/line (\d+)\n/);
      await follow.said(new RegExp(`line ${Number(from) + 5}\n`));

      await cluster.apply({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: 'brief' },
        spec: {
          restartPolicy: 'Never',
          containers: [shell('main', 'for i in 1 2 3; do echo $i; sleep 0.3; done')],
        },
      });
      await output('wait', '--for=jsonpath={.status.phase}=Running', 'pod/brief', '--timeout=30s');
      await using brief = running(['logs', '-f', 'brief']);
      expect(await brief.ended()).toBe(0);
      expect(brief.stdout).toBe('1\n2\n3\n');
      expect(await output('get', '--raw', '/api/v1/namespaces/default/pods/brief/log')).toBe('1\n2\n3\n');
      await output('delete', 'pod', 'brief', '--now');
    });
  });

  describe.each(protocols)('by $name', ({ environment }) => {
    const kubectl = (args: string[], input?: string) =>
      cluster.kubectl(args, { environment, ...(input === undefined ? {} : { input }) });
    const inCounter = ['talkative', '-c', 'counter', '--'];

    test('exec: output, errors and the exit status come back apart', async () => {
      const name = hello.replace('pod/', '');
      expect(await kubectl(['exec', hello, '--', 'hostname'])).toMatchObject({
        code: 0,
        stdout: `${name}\n`,
      });
      const script = 'echo out; echo err >&2; exit 7';
      expect(await kubectl(['exec', ...inCounter, 'sh', '-c', script])).toEqual({
        code: 7,
        stdout: 'out\n',
        stderr: 'err\ncommand terminated with exit code 7\n',
      });
      const missing = await kubectl(['exec', ...inCounter, 'no-such-program']);
      expect(missing.code).toBe(1);
      expect(missing.stderr).toContain('"no-such-program": executable file not found in $PATH');
      expect(await kubectl(['exec', 'nobody', '--', 'true'])).toMatchObject({
        code: 1,
        stderr: 'Error from server (NotFound): pods "nobody" not found\n',
      });
    });

    test('exec: a megabyte goes in and out whole', async () => {
      const text = randomBytes(750_000).toString('base64');
      const back = await kubectl(['exec', '-i', ...inCounter, 'cat'], text);
      expect(back.stdout === text).toBe(true);
      const counted = await kubectl(['exec', '-i', ...inCounter, 'wc', '-c'], text);
      expect(counted.stdout.trim()).toBe(String(text.length));
    });

    test('exec -it: a terminal of the size of ours', async () => {
      // The size travels beside the start of the command, on Kubernetes too: the command has to wait for it.
      const waitForSize = 'until stty size 2> /dev/null | grep " "; do sleep 0.1; done';
      const command = `kubectl --kubeconfig ${cluster.kubeconfig} exec -it talkative -c counter -- sh -c 'tty; ${waitForSize}'`;
      const typed = await runCommand(
        ['script', '--quiet', '--return', '--command', `stty rows 33 cols 101; ${command}`, '/dev/null'],
        { environment },
      );
      expect(typed.code).toBe(0);
      expect(typed.stdout).toContain('/dev/pts/');
      expect(typed.stdout).toContain('33 101');
    });

    test('attach: what is typed reaches the process, and its answers come back', async () => {
      await using plain = running(['attach', '-i', 'talkative', '-c', 'echo'], environment);
      await eventually('an answer', async () => {
        plain.write('hello\n');
        return plain.stdout.includes('hello\n');
      });
      await using watching = running(['attach', 'talkative', '-c', 'counter'], environment);
      await watching.said(/line \d+\nline \d+\n/);
    });

    test('port-forward: HTTP to a pod and to a service, side by side', async () => {
      for (const target of [hello, 'service/hello']) {
        await using forward = running(['port-forward', target, ':80'], environment);
        const [, port] = await forward.said(/Forwarding from 127\.0\.0\.1:(\d+) -> 80/);
        const answers = await Promise.all(
          [1, 2, 3, 4].map(async () => (await fetch(`http://127.0.0.1:${port}/`)).text()),
        );
        for (const answer of answers) expect(answer).toStartWith('Hello from hello-');
      }
      await using closed = running(['port-forward', hello, ':81'], environment);
      const [, port] = await closed.said(/Forwarding from 127\.0\.0\.1:(\d+) -> 81/);
      expect(await fetch(`http://127.0.0.1:${port}/`).catch(() => 'no answer')).toBe('no answer');
      await eventually('the reason', async () => /connection refused/.test(closed.stderr));
    });

    test('cp: files and folders both ways', async () => {
      const source = join(directory, 'source');
      await mkdir(join(source, 'deep'), { recursive: true });
      const big = randomBytes(3_000_000);
      await writeFile(join(source, 'big'), big);
      await writeFile(join(source, 'deep', 'note'), 'a note\n');
      await rm(join(directory, 'back'), { recursive: true, force: true });
      const copy = async (from: string, to: string) =>
        expect(await kubectl(['cp', from, to, '-c', 'counter'])).toMatchObject({ code: 0 });
      await copy(source, 'talkative:/tmp/copied');
      const sum = await kubectl(['exec', ...inCounter, 'md5sum', '/tmp/copied/big']);
      expect(sum.stdout).toStartWith(createHash('md5').update(big).digest('hex'));
      await copy('talkative:/tmp/copied', join(directory, 'back'));
      expect((await readFile(join(directory, 'back', 'big'))).equals(big)).toBe(true);
      expect(await readFile(join(directory, 'back', 'deep', 'note'), 'utf8')).toBe('a note\n');
      await kubectl(['exec', ...inCounter, 'rm', '-rf', '/tmp/copied']);
    });
  });

  describe('run', () => {
    test('--rm -i: input goes to the container, its exit status becomes the command’s', async () => {
      const args = ['run', 'once', '--rm', '-i', '--restart=Never', `--image=${image}`, '--'];
      const ran = await cluster.kubectl([...args, 'sh', '-c', 'read word; echo "got $word"; exit 3'], {
        input: 'word\n',
      });
      expect(ran.code).toBe(3);
      expect(ran.stdout).toContain('got word\n');
      expect(ran.stdout).toContain('pod "once" deleted');
    });

    test('attach -it: a terminal in a container that has one', async () => {
      const command = `kubectl --kubeconfig ${cluster.kubeconfig} attach -it talkative -c terminal`;
      await using typed = new RunningCommand(['script', '--quiet', '--command', command, '/dev/null']);
      await eventually('an answer', async () => {
        typed.write('word\n');
        return /got word\r\n/.test(typed.stdout);
      });
    });
  });
});
