// The public face of the control plane: an embedded Kubernetes API server with scheduler and controllers.

export {
  type ControlPlaneConfig,
  type ControlPlaneFlag,
  type ControlPlaneOptions,
  controlPlaneDefaults,
  controlPlaneFlags,
} from './config.ts';
export { type ControlPlane, startControlPlane } from './start-control-plane.ts';
