// Names of images: registry, path, tag, digest; and the default tag.

export interface ImageReference {
  readonly registry: string;
  /** With the registry's default folder, without tag: `library/busybox`. */
  readonly path: string;
  /** The name with a tag or digest, as it is asked for. */
  readonly tagged: string;
  readonly tag: string | undefined;
}

const pathPart = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const domain = '(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?';
const shape = new RegExp(
  `^(?:(${domain})/)?(${pathPart}(?:/${pathPart})*)(?::([\\w][\\w.-]{0,127}))?(?:@([A-Za-z][\\w.+-]*:[0-9a-fA-F]{32,}))?$`,
);
const maxLength = 512;
const hexDigest = /^[a-f0-9]{64}$/;

/** Undefined when the text can name no image. */
export function parseImageReference(text: string): ImageReference | undefined {
  const match = text.length <= maxLength && !hexDigest.test(text) ? shape.exec(text) : null;
  if (!match) return undefined;
  const [, first, rest = '', tag, digest] = match;
  const isHost = first !== undefined && (/[.:]/.test(first) || first === 'localhost');
  const registry = isHost ? first : 'docker.io';
  const whole = isHost || first === undefined ? rest : `${first}/${rest}`;
  if (!isHost && /[A-Z]/.test(whole)) return undefined;
  const path = registry === 'docker.io' && !whole.includes('/') ? `library/${whole}` : whole;
  return {
    registry,
    path,
    tagged: tag || digest ? text : `${text}:latest`,
    tag: digest ? tag : (tag ?? 'latest'),
  };
}
