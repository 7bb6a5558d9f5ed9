// KubeEdge's devices.kubeedge.io: devices, their models and their states. The notation: schema-text.ts.

import type { CustomKind } from '../custom-kind.ts';

const device: CustomKind = {
  group: 'devices.kubeedge.io',
  kind: 'Device',
  plural: 'devices',
  scope: 'Namespaced',
  description: 'A device attached to an edge node.',
  versions: [
    {
      name: 'v1beta1',
      storage: true,
      statusSubresource: false,
      schema: `
spec: object # What the device should be.
  deviceModelRef: object # The model that tells which properties the device has.
    name: string default-empty
  methods: array # Calls that the mapper offers for the device.
    -: object
      description: string
      name: string
      propertyNames: array
        -: string
  nodeName: string # The edge node that the device is attached to.
  properties: array # The properties of this device: desired values, how to read them, how often.
    -: object
      collectCycle: integer int64 # Time between two readings of the device, in milliseconds.
      desired: object # The value that the property should take.
        metadata: object
          *: string
        value!: string
      name: string # Name of the property, as in the model.
      pushMethod: object # Where the mapper pushes values to.
        anomalyDetection: object preserve
        dbMethod: object
          TDEngine: object
            TDEngineClientConfig: object
              addr: string
              dbName: string
          influxdb2: object
            influxdb2ClientConfig: object
              bucket: string
              org: string
              url: string
            influxdb2DataConfig: object
              fieldKey: string
              measurement: string
              tag: object
                *: string
          mysql: object
            mysqlClientConfig: object
              addr: string
              database: string
              userName: string
          redis: object
            redisClientConfig: object
              addr: string
              db: integer
              minIdleConns: integer
              poolsize: integer
        http: object
          hostName: string
          port: integer int64
          requestPath: string
          timeout: integer int64
        mqtt: object
          address: string
          qos: integer int32
          retained: boolean
          topic: string
        otel: object
          endpointURL: string
      reportCycle: integer int64 # Time between two reports, in milliseconds.
      reportToCloud: boolean # Whether values are reported to the cloud.
      visitors: object # How the mapper reads and writes the property.
        configData: object preserve
        protocolName: string
  protocol: object # How the mapper on the node reaches the device.
    configData: object preserve # Settings of the protocol, in a form of its own.
    protocolName: string # Name of the protocol, which selects the mapper.
  stateReport: object # Whether and how often the state of the device is reported.
    reportCycle: integer int64
    reportToCloud: boolean
status: object preserve # What the device was last known to be.
  reportCycle: integer int64
  reportToCloud: boolean
  twins: array # Reported and observed desired value of each property.
    -: object
      observedDesired: object
        metadata: object
          *: string
        value!: string
      propertyName: string
      reported: object
        metadata: object
          *: string
        value!: string
`,
    },
    {
      name: 'v1alpha2',
      storage: false,
      statusSubresource: false,
      schema: `
spec: object # What the device should be.
  data: object
    dataProperties: array
      -: object
        metadata: object
          *: string
        propertyName: string
    dataTopic: string
  deviceModelRef: object # The model that tells which properties the device has.
    name: string default-empty
  nodeSelector: object
    nodeSelectorTerms!: array atomic
      -: object
        matchExpressions: array atomic
          -: object
            key!: string
            operator!: string
            values: array atomic
              -: string
        matchFields: array atomic
          -: object
            key!: string
            operator!: string
            values: array atomic
              -: string
  propertyVisitors: array
    -: object
      bluetooth: object
        characteristicUUID: string
        dataConverter: object
          endIndex: integer
          orderOfOperations: array
            -: object
              operationType: string
              operationValue: number
          shiftLeft: integer
          shiftRight: integer
          startIndex: integer
        dataWrite: object
          *: string byte
      collectCycle: integer int64
      customizedProtocol: object
        configData: object preserve
        protocolName: string
      customizedValues: object preserve
      modbus: object
        isRegisterSwap: boolean
        isSwap: boolean
        limit: integer int64
        offset: integer int64
        register: string enum(CoilRegister|DiscreteInputRegister|InputRegister|HoldingRegister)
        scale: number
      opcua: object
        browseName: string
        nodeID: string
      propertyName: string
      reportCycle: integer int64
  protocol: object # How the mapper on the node reaches the device.
    bluetooth: object
      macAddress: string
    common: object
      collectRetryTimes: integer int64
      collectTimeout: integer int64
      collectType: string enum(sync|async)
      com: object
        baudRate: integer int64 enum(115200|57600|38400|19200|9600|4800|2400|1800|1200|600|300|200|150|134|110|75|50)
        dataBits: integer int64 enum(8|7|6|5)
        parity: string enum(none|even|odd)
        serialPort: string
        stopBits: integer int64 enum(1|2)
      commType: string
      customizedValues: object preserve
      reconnRetryTimes: integer int64
      reconnTimeout: integer int64
      tcp: object
        ip: string
        port: integer int64
    customizedProtocol: object
      configData: object preserve
      protocolName: string
    modbus: object
      slaveID: integer int64
    opcua: object
      certificate: string
      password: string
      privateKey: string
      securityMode: string
      securityPolicy: string
      timeout: integer int64
      url: string
      userName: string
status: object # What the device was last known to be.
  twins: array # Reported and observed desired value of each property.
    -: object
      desired: object
        metadata: object
          *: string
        value!: string
      propertyName: string
      reported: object
        metadata: object
          *: string
        value!: string
`,
    },
  ],
};

const deviceModel: CustomKind = {
  group: 'devices.kubeedge.io',
  kind: 'DeviceModel',
  plural: 'devicemodels',
  scope: 'Namespaced',
  description: 'What devices of one make have in common.',
  versions: [
    {
      name: 'v1beta1',
      storage: true,
      statusSubresource: false,
      schema: `
spec: object # The properties that devices of this model share.
  properties: array # One entry per property.
    -: object
      accessMode: string enum(ReadWrite|ReadOnly) # Whether the property can be written.
      description: string
      maximum: string
      minimum: string
      name: string
      type: string enum(INT|FLOAT|DOUBLE|STRING|BOOLEAN|BYTES|STREAM) # Type of the values.
      unit: string # Unit of the values.
      visitors: object
        configData: object preserve
        protocolName: string
  protocol: string # Protocol that devices of this model speak.
  protocolConfigData: object preserve
`,
    },
    {
      name: 'v1alpha2',
      storage: false,
      statusSubresource: false,
      schema: `
spec: object # The properties that devices of this model share.
  properties: array # One entry per property.
    -: object
      description: string
      name: string
      type: object # Type of the values.
        boolean: object
          accessMode: string enum(ReadWrite|ReadOnly)
          defaultValue: boolean
        bytes: object
          accessMode: string enum(ReadWrite|ReadOnly)
        double: object
          accessMode: string enum(ReadWrite|ReadOnly)
          defaultValue: number
          maximum: number
          minimum: number
          unit: string
        float: object
          accessMode: string enum(ReadWrite|ReadOnly)
          defaultValue: number
          maximum: number
          minimum: number
          unit: string
        int: object
          accessMode: string enum(ReadWrite|ReadOnly)
          defaultValue: integer int64
          maximum: integer int64
          minimum: integer int64
          unit: string
        string: object
          accessMode: string enum(ReadWrite|ReadOnly)
          defaultValue: string
  protocol: string # Protocol that devices of this model speak.
`,
    },
  ],
};

const deviceStatus: CustomKind = {
  group: 'devices.kubeedge.io',
  kind: 'DeviceStatus',
  plural: 'devicestatuses',
  scope: 'Namespaced',
  description: 'What a device reports, apart from what it should be.',
  versions: [
    {
      name: 'v1beta1',
      storage: true,
      statusSubresource: false,
      schema: `
spec: object
status: object # What the device was last known to be.
  extensions: object preserve
  lastOnlineTime: string # When the device was last online.
  state: string # State of the device.
  twins: array # Reported and observed desired value of each property.
    -: object
      observedDesired: object
        metadata: object
          *: string
        value!: string
      propertyName: string
      reported: object
        metadata: object
          *: string
        value!: string
`,
    },
    {
      name: 'v1alpha2',
      storage: false,
      statusSubresource: false,
      schema: `
twins: array
  -: object
    desired: object
      metadata: object
        *: string
      value!: string
    propertyName: string
    reported: object
      metadata: object
        *: string
      value!: string
`,
    },
  ],
};

export const devicesKinds: readonly CustomKind[] = [device, deviceModel, deviceStatus];
