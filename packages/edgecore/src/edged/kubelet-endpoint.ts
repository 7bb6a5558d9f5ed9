// The node's own HTTP endpoint (logs, exec, attach, port-forward, stats, metrics): what edgestream and KubeEdge's tunnel reach.

/**
 * Paths as a kubelet serves them: `/containerLogs/{namespace}/{pod}/{container}`, `/exec|attach/{namespace}/{pod}/{container}`,
 * `/portForward/{namespace}/{pod}`, `/stats/summary`, `/metrics`, `/metrics/cadvisor`. HTTP/1.1; upgrades are raw byte pipes to
 * the runtime's own streaming server.
 */
export interface KubeletEndpoint extends AsyncDisposable {
  /**
   * Resolves with a Unix socket that only the node's owner may open. It listens from the first call on: a node that nobody
   * looks into does without an HTTP server.
   */
  open(): Promise<string>;
}
