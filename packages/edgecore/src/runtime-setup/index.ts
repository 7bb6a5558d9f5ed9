// Sets up a containerd of our own: configuration, pod network and images, for `selvedge up`, for joins and for tests.

export { unmountBelow } from '../host/mounts.ts';
export {
  type BusyboxImageOptions,
  busyboxImage,
  busyboxImages,
  busyboxLayer,
  pauseImage,
} from './busybox-images.ts';
export { killContainers, removeContainerdLeftovers } from './containerd-cleanup.ts';
export {
  type ContainerdInstance,
  type ContainerdPaths,
  cniConflist,
  containerdConfig,
  containerdPaths,
  defaultCniPluginDirectory,
} from './containerd-config.ts';
export {
  importImages,
  localBusyboxImages,
  waitForSocket,
  writeContainerdFiles,
} from './containerd-process.ts';
export { buildOciArchive, type OciImage, ociArchitecture } from './oci-archive.ts';
export { removePods, type StopPodsOptions, stopPods } from './stop-pods.ts';
export { type TarEntry, writeTar } from './tar.ts';
