/// KEDA's ScaledObject and TriggerAuthentication as far as the operator uses it: the fields that it states, unknown ones dropped as by the real one.
/// KEDA itself is not here: nothing reads these objects but those who look whether they were made.
package enum KEDAResources {
    /// Both CustomResourceDefinitions as YAML.
    package static let all = scaledObjects + "\n---\n" + triggerAuthentications

    /// Of TriggerAuthentications alone.
    package static let triggerAuthentications = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: triggerauthentications.keda.sh}
        spec:
          group: keda.sh
          names:
            kind: TriggerAuthentication
            listKind: TriggerAuthenticationList
            plural: triggerauthentications
            singular: triggerauthentication
          scope: Namespaced
          versions:
          - name: v1alpha1
            served: true
            storage: true
            subresources: {status: {}}
            schema:
              openAPIV3Schema:
                type: object
                required: [spec]
                properties:
                  apiVersion: {type: string}
                  kind: {type: string}
                  metadata: {type: object}
                  spec:
                    type: object
                    properties:
                      secretTargetRef:
                        type: array
                        items:
                          type: object
                          required: [key, name, parameter]
                          properties:
                            key: {type: string}
                            name: {type: string}
                            parameter: {type: string}
                  status:
                    type: object
                    x-kubernetes-preserve-unknown-fields: true
        """

    /// Of ScaledObjects alone.
    package static let scaledObjects = """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: scaledobjects.keda.sh}
        spec:
          group: keda.sh
          names: {kind: ScaledObject, listKind: ScaledObjectList, plural: scaledobjects, singular: scaledobject}
          scope: Namespaced
          versions:
          - name: v1alpha1
            served: true
            storage: true
            subresources: {status: {}}
            schema:
              openAPIV3Schema:
                type: object
                required: [spec]
                properties:
                  apiVersion: {type: string}
                  kind: {type: string}
                  metadata: {type: object}
                  spec:
                    type: object
                    required: [scaleTargetRef, triggers]
                    properties:
                      scaleTargetRef:
                        type: object
                        required: [name]
                        properties:
                          apiVersion: {type: string}
                          kind: {type: string}
                          name: {type: string}
                      pollingInterval: {type: integer, format: int32}
                      cooldownPeriod: {type: integer, format: int32}
                      minReplicaCount: {type: integer, format: int32}
                      maxReplicaCount: {type: integer, format: int32}
                      advanced:
                        type: object
                        properties:
                          scalingModifiers:
                            type: object
                            properties:
                              formula: {type: string}
                          horizontalPodAutoscalerConfig:
                            type: object
                            properties:
                              behavior:
                                type: object
                                x-kubernetes-preserve-unknown-fields: true
                      triggers:
                        type: array
                        items:
                          type: object
                          required: [type, metadata]
                          properties:
                            type: {type: string}
                            name: {type: string}
                            metricType: {type: string}
                            metadata:
                              type: object
                              additionalProperties: {type: string}
                            authenticationRef:
                              type: object
                              required: [name]
                              properties:
                                kind: {type: string}
                                name: {type: string}
                  status:
                    type: object
                    x-kubernetes-preserve-unknown-fields: true
        """
}
