// The KubeEdge kinds that our programs read and write, typed.

import type { ObjectMeta } from '@selvedge/kubernetes';

interface Typed<Kind extends string, Version extends string> {
  apiVersion: Version;
  kind: Kind;
  metadata: ObjectMeta;
}

export interface ObjectSyncSpec {
  objectAPIVersion?: string;
  objectKind?: string;
  objectName?: string;
}

export interface ObjectSyncStatus {
  objectResourceVersion?: string;
}

export interface ObjectSync extends Typed<'ObjectSync', 'reliablesyncs.kubeedge.io/v1alpha1'> {
  spec?: ObjectSyncSpec;
  status?: ObjectSyncStatus;
}

export interface ClusterObjectSync extends Typed<'ClusterObjectSync', 'reliablesyncs.kubeedge.io/v1alpha1'> {
  spec?: ObjectSyncSpec;
  status?: ObjectSyncStatus;
}

/** A value of a device's property, with free-form remarks (type, time). */
export interface TwinProperty {
  value: string;
  metadata?: Record<string, string>;
}

export interface Twin {
  propertyName?: string;
  observedDesired?: TwinProperty;
  reported?: TwinProperty;
}

export interface ProtocolConfig {
  protocolName?: string;
  configData?: Record<string, unknown>;
}

export interface DeviceProperty {
  name?: string;
  desired?: TwinProperty;
  visitors?: ProtocolConfig;
  reportCycle?: number;
  collectCycle?: number;
  reportToCloud?: boolean;
  pushMethod?: Record<string, unknown>;
}

export interface Device extends Typed<'Device', 'devices.kubeedge.io/v1beta1'> {
  spec?: {
    deviceModelRef?: { name?: string };
    nodeName?: string;
    protocol?: ProtocolConfig;
    properties?: DeviceProperty[];
    methods?: { name?: string; description?: string; propertyNames?: string[] }[];
    stateReport?: { reportCycle?: number; reportToCloud?: boolean };
  };
  status?: { twins?: Twin[]; reportCycle?: number; reportToCloud?: boolean; [field: string]: unknown };
}

export interface ModelProperty {
  name?: string;
  description?: string;
  type?: 'INT' | 'FLOAT' | 'DOUBLE' | 'STRING' | 'BOOLEAN' | 'BYTES' | 'STREAM';
  accessMode?: 'ReadWrite' | 'ReadOnly';
  minimum?: string;
  maximum?: string;
  unit?: string;
  visitors?: ProtocolConfig;
}

export interface DeviceModel extends Typed<'DeviceModel', 'devices.kubeedge.io/v1beta1'> {
  spec?: { properties?: ModelProperty[]; protocol?: string; protocolConfigData?: Record<string, unknown> };
}
