// How lists and maps merge: facts of Kubernetes' API that no npm package carries. One line per definition.

/** Lists that are not atomic: `field=key,key` for a list map, `field=*` for a set. */
export const listTypes: Readonly<Record<string, string>> = {
  'admissionregistration.v1.MutatingAdmissionPolicySpec': 'matchConditions=name',
  'admissionregistration.v1.MutatingWebhook': 'matchConditions=name',
  'admissionregistration.v1.MutatingWebhookConfiguration': 'webhooks=name',
  'admissionregistration.v1.ValidatingAdmissionPolicyBindingSpec': 'validationActions=*',
  'admissionregistration.v1.ValidatingAdmissionPolicySpec': 'matchConditions=name variables=name',
  'admissionregistration.v1.ValidatingAdmissionPolicyStatus': 'conditions=type',
  'admissionregistration.v1.ValidatingWebhook': 'matchConditions=name',
  'admissionregistration.v1.ValidatingWebhookConfiguration': 'webhooks=name',
  'apiextensions.v1.CustomResourceDefinitionStatus': 'conditions=type',
  'apiextensions.v1.JSONSchemaProps': 'x-kubernetes-validations=rule',
  'apiregistration.v1.APIServiceStatus': 'conditions=type',
  'apps.v1.DaemonSetStatus': 'conditions=type',
  'apps.v1.DeploymentStatus': 'conditions=type',
  'apps.v1.ReplicaSetStatus': 'conditions=type',
  'apps.v1.StatefulSetStatus': 'conditions=type',
  'autoscaling.v2.HorizontalPodAutoscalerStatus': 'conditions=type',
  'batch.v1.PodFailurePolicyOnExitCodesRequirement': 'values=*',
  'batch.v1.UncountedTerminatedPods': 'failed=* succeeded=*',
  'certificates.v1.CertificateSigningRequestStatus': 'conditions=type',
  'core.v1.ComponentStatus': 'conditions=type',
  'core.v1.Container':
    'env=name ports=containerPort,protocol volumeDevices=devicePath volumeMounts=mountPath',
  'core.v1.ContainerRestartRuleOnExitCodes': 'values=*',
  'core.v1.ContainerStatus': 'allocatedResourcesStatus=name volumeMounts=mountPath',
  'core.v1.EphemeralContainer':
    'env=name ports=containerPort,protocol volumeDevices=devicePath volumeMounts=mountPath',
  'core.v1.NamespaceStatus': 'conditions=type',
  'core.v1.NodeAllocatableResourceClaimStatus': 'containers=*',
  'core.v1.NodeSpec': 'podCIDRs=*',
  'core.v1.NodeStatus': 'addresses=type conditions=type',
  'core.v1.PersistentVolumeClaimStatus': 'conditions=type',
  'core.v1.PodSpec':
    'containers=name ephemeralContainers=name hostAliases=ip imagePullSecrets=name initContainers=name resourceClaims=name schedulingGates=name topologySpreadConstraints=topologyKey,whenUnsatisfiable volumes=name',
  'core.v1.PodStatus': 'conditions=type podIPs=ip resourceClaimStatuses=name',
  'core.v1.ReplicationControllerStatus': 'conditions=type',
  'core.v1.ResourceRequirements': 'claims=name',
  'core.v1.ResourceStatus': 'resources=resourceID',
  'core.v1.ServiceAccount': 'secrets=name',
  'core.v1.ServiceSpec': 'ports=port,protocol',
  'core.v1.ServiceStatus': 'conditions=type',
  'discovery.v1.Endpoint': 'addresses=*',
  'flowcontrol.v1.FlowSchemaStatus': 'conditions=type',
  'flowcontrol.v1.NonResourcePolicyRule': 'nonResourceURLs=* verbs=*',
  'flowcontrol.v1.PriorityLevelConfigurationStatus': 'conditions=type',
  'flowcontrol.v1.ResourcePolicyRule': 'apiGroups=* namespaces=* resources=* verbs=*',
  'meta.v1.ObjectMeta': 'finalizers=* ownerReferences=uid',
  'networking.v1.ServiceCIDRStatus': 'conditions=type',
  'policy.v1.PodDisruptionBudgetStatus': 'conditions=type',
  'storage.v1.CSIDriverSpec': 'volumeLifecycleModes=*',
  'storage.v1.CSINodeSpec': 'drivers=name',
};

/** Structs that server-side apply treats as one value. */
export const atomicStructs: ReadonlySet<string> = new Set(
  `admissionregistration.v1.MatchResources admissionregistration.v1.NamedRuleWithOperations admissionregistration.v1.ParamKind admissionregistration.v1.ParamRef admissionregistration.v1.Variable autoscaling.v1.CrossVersionObjectReference core.v1.ConfigMapKeySelector core.v1.EndpointAddress core.v1.EndpointPort core.v1.FileKeySelector core.v1.LocalObjectReference core.v1.NodeSelector core.v1.NodeSelectorTerm core.v1.ObjectFieldSelector core.v1.ObjectReference core.v1.ResourceFieldSelector core.v1.ScopeSelector core.v1.SecretKeySelector core.v1.SecretReference core.v1.TopologySelectorTerm core.v1.TypedLocalObjectReference discovery.v1.EndpointPort networking.v1.ServiceBackendPort rbac.v1.RoleRef rbac.v1.Subject meta.v1.LabelSelector meta.v1.OwnerReference`.split(
    /\s+/,
  ),
);

/** Map and struct fields that server-side apply treats as one value. */
export const atomicMaps: Readonly<Record<string, string>> = {
  'core.v1.PersistentVolumeClaimStatus': 'allocatedResourceStatuses',
  'core.v1.PersistentVolumeSpec': 'claimRef',
  'core.v1.PodSpec': 'nodeSelector',
  'core.v1.ReplicationControllerSpec': 'selector',
  'core.v1.ServiceSpec': 'selector',
  'node.v1.Scheduling': 'nodeSelector',
};

/** Strategic merge patch: `field=strategy,strategy:mergeKey`; a list without an entry is replaced. */
export const patchStrategies: Readonly<Record<string, string>> = {
  'admissionregistration.v1.MutatingAdmissionPolicySpec': 'matchConditions=merge:name',
  'admissionregistration.v1.MutatingWebhook': 'matchConditions=merge:name',
  'admissionregistration.v1.MutatingWebhookConfiguration': 'webhooks=merge:name',
  'admissionregistration.v1.ValidatingAdmissionPolicySpec': 'matchConditions=merge:name variables=merge:name',
  'admissionregistration.v1.ValidatingWebhook': 'matchConditions=merge:name',
  'admissionregistration.v1.ValidatingWebhookConfiguration': 'webhooks=merge:name',
  'apiextensions.v1.JSONSchemaProps': 'x-kubernetes-validations=merge:rule',
  'apiregistration.v1.APIServiceStatus': 'conditions=merge:type',
  'apps.v1.DaemonSetStatus': 'conditions=merge:type',
  'apps.v1.DeploymentSpec': 'strategy=retainKeys',
  'apps.v1.DeploymentStatus': 'conditions=merge:type',
  'apps.v1.ReplicaSetStatus': 'conditions=merge:type',
  'apps.v1.StatefulSetStatus': 'conditions=merge:type',
  'autoscaling.v2.HorizontalPodAutoscalerStatus': 'conditions=merge:type',
  'batch.v1.JobStatus': 'conditions=merge:type',
  'core.v1.ComponentStatus': 'conditions=merge:type',
  'core.v1.Container':
    'env=merge:name ports=merge:containerPort volumeDevices=merge:devicePath volumeMounts=merge:mountPath',
  'core.v1.ContainerStatus': 'allocatedResourcesStatus=merge:name volumeMounts=merge:mountPath',
  'core.v1.EphemeralContainer':
    'env=merge:name ports=merge:containerPort volumeDevices=merge:devicePath volumeMounts=merge:mountPath',
  'core.v1.NamespaceStatus': 'conditions=merge:type',
  'core.v1.NodeSpec': 'podCIDRs=merge',
  'core.v1.NodeStatus': 'addresses=merge:type conditions=merge:type',
  'core.v1.PersistentVolumeClaimStatus': 'conditions=merge:type',
  'core.v1.PodSpec':
    'containers=merge:name ephemeralContainers=merge:name hostAliases=merge:ip imagePullSecrets=merge:name initContainers=merge:name resourceClaims=merge,retainKeys:name schedulingGates=merge:name topologySpreadConstraints=merge:topologyKey volumes=merge,retainKeys:name',
  'core.v1.PodStatus':
    'conditions=merge:type hostIPs=merge:ip podIPs=merge:ip resourceClaimStatuses=merge,retainKeys:name',
  'core.v1.ReplicationControllerStatus': 'conditions=merge:type',
  'core.v1.ServiceAccount': 'secrets=merge:name',
  'core.v1.ServiceSpec': 'ports=merge:port',
  'core.v1.ServiceStatus': 'conditions=merge:type',
  'flowcontrol.v1.FlowSchemaStatus': 'conditions=merge:type',
  'flowcontrol.v1.PriorityLevelConfigurationStatus': 'conditions=merge:type',
  'meta.v1.ObjectMeta': 'finalizers=merge ownerReferences=merge:uid',
  'networking.v1.ServiceCIDRStatus': 'conditions=merge:type',
  'policy.v1.PodDisruptionBudgetSpec': 'selector=replace',
  'policy.v1.PodDisruptionBudgetStatus': 'conditions=merge:type',
  'storage.v1.CSINodeSpec': 'drivers=merge:name',
};
