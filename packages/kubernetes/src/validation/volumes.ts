// Validation of a pod's volumes: one source each, paths that stay inside, modes, and the sources that edges mount.

import { fieldError } from '../field-error.ts';
import { isDns1123Label, isDns1123Subdomain } from '../names.ts';
import type { Volume } from '../object.ts';
import { parseQuantity } from '../quantity.ts';
import { validateFieldReference, validateResourceReference, volumeFieldPaths } from './field-references.ts';
import { check, type Errors, fileMode, oneOf, required } from './rules.ts';

/** In the order in which Kubernetes looks at them: the first one counts, each further one is refused. */
const sources = [
  'emptyDir',
  'hostPath',
  'gitRepo',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'secret',
  'nfs',
  'iscsi',
  'glusterfs',
  'persistentVolumeClaim',
  'rbd',
  'cinder',
  'cephfs',
  'quobyte',
  'downwardAPI',
  'fc',
  'flexVolume',
  'configMap',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'storageos',
  'scaleIO',
  'projected',
  'csi',
  'ephemeral',
  'flocker',
  'image',
] as const;

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

type KeyToPath = { key?: string; path?: string; mode?: number };
type DownwardFile = NonNullable<NonNullable<Volume['downwardAPI']>['items']>[number];
type Projection = NonNullable<NonNullable<Volume['projected']>['sources']>[number];

/** Returns the names of the volumes that are sound: only those can be mounted. */
export function validateVolumes(errors: Errors, path: string, volumes: readonly Volume[]): Set<string> {
  const names = new Set<string>();
  for (const [index, volume] of volumes.entries()) {
    const found: Errors = [];
    const at = `${path}[${index}]`;
    validateSource(found, at, volume);
    required(found, `${at}.name`, volume.name, isDns1123Label);
    if (names.has(volume.name)) found.push(fieldError.duplicate(`${at}.name`, volume.name));
    if (found.length === 0) names.add(volume.name);
    errors.push(...found);
  }
  return names;
}

function validateSource(errors: Errors, path: string, volume: Volume): void {
  const given = sources.filter(
    (source) => (volume as unknown as Record<string, unknown>)[source] !== undefined,
  );
  const first = given[0];
  if (!first) {
    errors.push(fieldError.required(path, 'must specify a volume type'));
    return;
  }
  validateKnownSource(errors, `${path}.${first}`, volume, first);
  for (const source of given.slice(1)) {
    errors.push(fieldError.forbidden(`${path}.${source}`, 'may not specify more than 1 volume type'));
  }
}

function validateKnownSource(errors: Errors, path: string, volume: Volume, source: string): void {
  const { emptyDir, hostPath, secret, configMap, downwardAPI, projected, persistentVolumeClaim, nfs, csi } =
    volume;
  if (source === 'emptyDir' && (parseQuantity(emptyDir?.sizeLimit ?? '0')?.nano ?? 0n) < 0n) {
    errors.push(
      fieldError.forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity'),
    );
  }
  if (source === 'hostPath') validateHostPath(errors, path, hostPath ?? { path: '' });
  if (source === 'secret')
    validateKeyed(errors, path, { name: secret?.secretName, nameField: 'secretName', ...secret });
  if (source === 'configMap') validateKeyed(errors, path, { nameField: 'name', ...configMap });
  if (source === 'downwardAPI') {
    fileMode(errors, `${path}.defaultMode`, downwardAPI?.defaultMode);
    for (const item of downwardAPI?.items ?? []) validateDownwardFile(errors, path, item);
  }
  if (source === 'projected') {
    fileMode(errors, `${path}.defaultMode`, projected?.defaultMode);
    validateProjections(errors, path, projected?.sources ?? []);
  }
  if (source === 'persistentVolumeClaim')
    required(errors, `${path}.claimName`, persistentVolumeClaim?.claimName);
  if (source === 'nfs') {
    required(errors, `${path}.server`, nfs?.server);
    required(errors, `${path}.path`, nfs?.path);
    if (nfs?.path && !nfs.path.startsWith('/')) {
      errors.push(fieldError.invalid(`${path}.path`, nfs.path, 'must be an absolute path'));
    }
  }
  if (source === 'csi') required(errors, `${path}.driver`, csi?.driver, isDns1123Subdomain);
}

function validateHostPath(errors: Errors, path: string, hostPath: { path: string; type?: string }): void {
  required(errors, `${path}.path`, hostPath.path);
  if (!hostPath.path) return;
  noBacksteps(errors, `${path}.path`, hostPath.path);
  if (hostPath.type !== undefined) oneOf(errors, `${path}.type`, hostPath.type, hostPathTypes);
}

interface Keyed {
  readonly name?: string | undefined;
  readonly nameField: string;
  readonly defaultMode?: number;
  readonly items?: readonly KeyToPath[];
}

function validateKeyed(errors: Errors, path: string, source: Keyed): void {
  required(errors, `${path}.${source.nameField}`, source.name);
  fileMode(errors, `${path}.defaultMode`, source.defaultMode);
  for (const [index, item] of (source.items ?? []).entries())
    validateKeyToPath(errors, `${path}.items[${index}]`, item);
}

function validateKeyToPath(errors: Errors, path: string, item: KeyToPath): void {
  required(errors, `${path}.key`, item.key);
  required(errors, `${path}.path`, item.path);
  localPath(errors, `${path}.path`, item.path ?? '');
  fileMode(errors, `${path}.mode`, item.mode);
}

function validateDownwardFile(errors: Errors, path: string, file: DownwardFile): void {
  required(errors, `${path}.path`, file.path);
  localPath(errors, `${path}.path`, file.path ?? '');
  if (file.fieldRef) {
    validateFieldReference(errors, `${path}.fieldRef`, file.fieldRef, volumeFieldPaths);
    if (file.resourceFieldRef) {
      errors.push(
        fieldError.invalid(
          path,
          'resource',
          'fieldRef and resourceFieldRef can not be specified simultaneously',
        ),
      );
    }
  } else if (file.resourceFieldRef) {
    validateResourceReference(errors, `${path}.resourceFieldRef`, file.resourceFieldRef, true);
  } else {
    errors.push(fieldError.required(path, 'one of fieldRef and resourceFieldRef is required'));
  }
  fileMode(errors, `${path}.mode`, file.mode);
}

function validateProjections(errors: Errors, path: string, projections: readonly Projection[]): void {
  const paths = new Set<string>();
  const claim = (file: string | undefined, value: string) => {
    if (!file) return;
    if (paths.has(file)) errors.push(fieldError.invalid(path, value, 'conflicting duplicate paths'));
    paths.add(file);
  };
  for (const [index, projection] of projections.entries()) {
    const at = `${path}.sources[${index}]`;
    const { secret, configMap, downwardAPI, serviceAccountToken } = projection;
    for (const [kind, source] of [
      ['secret', secret],
      ['configMap', configMap],
    ] as const) {
      if (!source) continue;
      validateKeyed(errors, `${at}.${kind}`, { ...source, nameField: 'name' });
      for (const item of source.items ?? []) claim(item.path, source.name ?? '');
    }
    for (const file of downwardAPI?.items ?? []) {
      validateDownwardFile(errors, `${at}.downwardAPI`, file);
      claim(file.path, file.path);
    }
    if (serviceAccountToken)
      validateTokenProjection(errors, path, `${at}.serviceAccountToken`, serviceAccountToken);
    if (Object.values(projection).filter((source) => source !== undefined).length > 1) {
      errors.push(fieldError.forbidden(at, 'may not specify more than 1 volume type'));
    }
  }
}

function validateTokenProjection(
  errors: Errors,
  volumePath: string,
  path: string,
  token: { expirationSeconds?: number; path: string },
): void {
  const seconds = token.expirationSeconds ?? 3600;
  const field = `${path}.expirationSeconds`;
  if (seconds < 600)
    errors.push(fieldError.invalid(field, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > 2 ** 32) {
    errors.push(fieldError.invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds'));
  }
  required(errors, `${volumePath}.path`, token.path);
}

/** A relative path that does not leave its volume. */
export function descendingPath(errors: Errors, field: string, path: string): void {
  if (path.startsWith('/')) errors.push(fieldError.invalid(field, path, 'must be a relative path'));
  noBacksteps(errors, field, path);
}

function localPath(errors: Errors, field: string, path: string): void {
  descendingPath(errors, field, path);
  if (path.startsWith('..') && !path.startsWith('../') && path !== '..') {
    check(errors, field, path, () => ["must not start with '..'"]);
  }
}

function noBacksteps(errors: Errors, field: string, path: string): void {
  if (path.split('/').includes('..')) errors.push(fieldError.invalid(field, path, "must not contain '..'"));
}
