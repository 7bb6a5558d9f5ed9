// WebSocket close codes (RFC 6455, 7.4.1) that we send, and the violations that lead to them.

export const closeCode = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  unsupportedData: 1003,
  invalidPayload: 1007,
  policyViolation: 1008,
  tooLarge: 1009,
  internalError: 1011,
  tryAgainLater: 1013,
} as const;

/** Why a connection must be closed: a frame broke the protocol or one of our limits. */
export interface FrameViolation {
  readonly closeCode: number;
  readonly reason: string;
}

/** Codes that may stand in a close frame on the wire. */
export function isSendableCloseCode(code: number): boolean {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006;
}
