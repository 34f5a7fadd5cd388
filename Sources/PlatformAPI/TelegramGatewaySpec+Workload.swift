/// How the operator runs a gateway: see ``TelegramGatewaySpec/isManaged``.
extension TelegramGatewaySpec {
    /// How many replicas there are.
    package struct Replicas: Codable, Sendable, Equatable {
        /// Absent: 2.
        package var min: Int?
        /// More than ``min`` lets an autoscaler choose; absent: as many as ``min``.
        package var max: Int?
        /// The part of the requested CPU, in percent, that the autoscaler aims at; absent: 80.
        package var targetCPU: Int?

        package init(min: Int? = nil, max: Int? = nil, targetCPU: Int? = nil) {
            self.min = min
            self.max = max
            self.targetCPU = targetCPU
        }

        package var effectiveMin: Int { min ?? 2 }
        package var effectiveMax: Int { max ?? effectiveMin }
        package var effectiveTargetCPU: Int { targetCPU ?? 80 }
        /// Whether an autoscaler chooses the number.
        package var isScaled: Bool { effectiveMax > effectiveMin }
    }

    /// The Redis server by which replicas know of one another's updates.
    package struct Redis: Codable, Sendable, Equatable {
        /// In the gateway's namespace.
        package var urlSecretRef: URLSecret

        package init(urlSecretRef: URLSecret) { self.urlSecretRef = urlSecretRef }

        /// A key of a Secret that holds a URL.
        package struct URLSecret: Codable, Sendable, Equatable {
            package var name: String
            /// Absent: "url".
            package var key: String?

            package init(name: String, key: String? = nil) {
                self.name = name
                self.key = key
            }

            package var effectiveKey: String { key ?? "url" }
        }
    }

    /// How Telegram's webhooks get to the gateway's Service.
    package struct Exposure: Codable, Sendable, Equatable {
        package var type: ExposureType
        /// Of the Service, Ingress or HTTPRoute that is made.
        package var annotations: [String: String]?
        /// Of an Ingress; absent: the cluster's default.
        package var ingressClassName: String?
        /// Of an Ingress: the Secret of type kubernetes.io/tls with the certificate; absent: what terminates TLS knows one.
        package var tlsSecretName: String?
        /// Of an HTTPRoute: the Gateway that it is attached to.
        package var parentRef: ParentReference?

        package init(
            type: ExposureType, annotations: [String: String]? = nil, ingressClassName: String? = nil,
            tlsSecretName: String? = nil, parentRef: ParentReference? = nil
        ) {
            self.type = type
            self.annotations = annotations
            self.ingressClassName = ingressClassName
            self.tlsSecretName = tlsSecretName
            self.parentRef = parentRef
        }
    }

    /// By which kind of object webhooks get in.
    package enum ExposureType: String, Codable, Sendable, CaseIterable {
        /// By none of the operator's: somebody leads the public URL to the Service, or all bots are polled.
        case none = "None"
        case loadBalancer = "LoadBalancer"
        case ingress = "Ingress"
        case httpRoute = "HTTPRoute"
    }

    /// A Gateway of the Gateway API.
    package struct ParentReference: Codable, Sendable, Equatable {
        package var name: String
        /// Absent: the TelegramGateway's.
        package var namespace: String?
        /// One of its listeners; absent: all that fit.
        package var sectionName: String?

        package init(name: String, namespace: String? = nil, sectionName: String? = nil) {
            self.name = name
            self.namespace = namespace
            self.sectionName = sectionName
        }
    }

    /// Whether the operator runs the gateway: as `managed` says; without it, when the spec says how it is to run. So a gateway
    /// that was deployed by hand before there was a controller for it stays as it is.
    package var isManaged: Bool { managed ?? !workloadFields.isEmpty }

    /// Those of the fields about the gateway's running that are given.
    package var workloadFields: [String] {
        let fields: [(name: String, isGiven: Bool)] = [
            ("image", image != nil), ("imagePullPolicy", imagePullPolicy != nil),
            ("imagePullSecrets", imagePullSecrets != nil), ("replicas", replicas != nil),
            ("resources", resources != nil), ("env", env != nil), ("template", template != nil),
            ("redis", redis != nil), ("exposure", exposure != nil), ("networkPolicy", networkPolicy != nil),
        ]
        return fields.filter(\.isGiven).map(\.name)
    }

    package var effectiveReplicas: Replicas { replicas ?? Replicas() }

    package var exposureType: ExposureType { exposure?.type ?? .none }

    package var hasNetworkPolicy: Bool { networkPolicy ?? true }

    /// The names of the Secrets that the gateway's pods have as files, each once.
    package var mountedSecretNames: [String] {
        Set(kafka.secretNames + [redis?.urlSecretRef.name].compactMap(\.self)).sorted()
    }

    /// Whether bots of the namespace may use the gateway.
    package func admits(namespace: String) -> Bool { allowedNamespaces?.contains(namespace) ?? true }
}
