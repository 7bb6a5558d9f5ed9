// The beehive message: one JSON text frame between an edge and CloudHub.
// Source: KubeEdge staging/src/github.com/kubeedge/beehive/pkg/core/model/message.go.

export interface MessageHeader {
  readonly msg_id: string;
  /** The request that this message answers or acknowledges. */
  readonly parent_msg_id?: string;
  /** Milliseconds since the epoch. */
  readonly timestamp: number;
  /** resourceVersion of the object in `content`; required on what must be acknowledged, except deletes. */
  readonly resourceversion?: string;
  readonly sync?: boolean;
  readonly type?: string;
}

export interface MessageRoute {
  readonly source: string;
  readonly destination?: string;
  readonly group: string;
  readonly operation: string;
  readonly resource: string;
}

export interface Message {
  readonly header: MessageHeader;
  readonly route: MessageRoute;
  readonly content: unknown;
}
