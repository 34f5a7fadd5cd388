import KubernetesTypes

extension TelegramGateway {
    /// The longest name that those of the objects which are made for a gateway can be made of.
    package static let longestManagedName = 48

    /// What of the fields about the gateway's running does not go together.
    /// - Returns: one sentence for each thing that is wrong, each naming the field and the next step.
    package func validateWorkload() -> [String] {
        var problems = validateNamespaces()
        guard spec.isManaged else {
            if let field = spec.workloadFields.first {
                problems.append(
                    "spec.\(field) does nothing with managed: false: leave it out, or let the operator run the gateway")
            }
            return problems
        }
        let name = metadata.name ?? ""
        if name.count > Self.longestManagedName
            || name.contains(where: { !"abcdefghijklmnopqrstuvwxyz0123456789-".contains($0) })
        {
            problems.append(
                "metadata.name has more than \(Self.longestManagedName) characters, or others than a-z, 0-9 and -: "
                    + "Services cannot be named after it; take another name")
        }
        if spec.image?.isEmpty == true { problems.append("spec.image is empty: name an image or leave it out") }
        if spec.env?.contains(where: { $0.name.isEmpty }) == true {
            problems.append("spec.env has a variable without a name: name it")
        }
        problems += validateReplicas()
        if let redis = spec.redis?.urlSecretRef, redis.name.isEmpty || redis.key?.isEmpty == true {
            problems.append("spec.redis.urlSecretRef names no Secret or no key: name both")
        }
        return problems + validateExposure()
    }

    private func validateNamespaces() -> [String] {
        guard spec.allowedNamespaces?.contains(where: \.isEmpty) == true else { return [] }
        return ["spec.allowedNamespaces has an empty name: name a namespace"]
    }

    private func validateReplicas() -> [String] {
        guard let replicas = spec.replicas else { return [] }
        var problems: [String] = []
        if replicas.effectiveMin < 1 { problems.append("spec.replicas.min is below 1: a gateway cannot sleep") }
        if replicas.effectiveMax < replicas.effectiveMin {
            problems.append("spec.replicas.min is above max: raise max or lower min")
        }
        if replicas.targetCPU != nil, !replicas.isScaled {
            problems.append("spec.replicas.targetCPU does nothing unless max is above min: raise max or leave it out")
        }
        if !(1...1000).contains(replicas.effectiveTargetCPU) {
            problems.append("spec.replicas.targetCPU is not a percentage from 1 to 1000")
        }
        return problems
    }

    private func validateExposure() -> [String] {
        guard let exposure = spec.exposure else { return [] }
        var problems: [String] = []
        if exposure.ingressClassName != nil, exposure.type != .ingress {
            problems.append("spec.exposure.ingressClassName belongs to the type Ingress: leave it out")
        }
        if exposure.tlsSecretName != nil, exposure.type != .ingress {
            problems.append("spec.exposure.tlsSecretName belongs to the type Ingress: leave it out")
        }
        if (exposure.parentRef != nil) != (exposure.type == .httpRoute) {
            problems.append("spec.exposure.parentRef belongs to the type HTTPRoute, which needs it")
        }
        if exposure.parentRef?.name.isEmpty == true {
            problems.append("spec.exposure.parentRef.name is empty: name a Gateway")
        }
        if exposure.annotations != nil, exposure.type == .none {
            problems.append("spec.exposure.annotations are of no use with the type None: leave them out")
        }
        guard exposure.type != .none else { return problems }
        guard let url = PublicURL(spec.publicURL) else {
            return problems + ["spec.publicURL is no URL with a host: write it as https://bots.example.org"]
        }
        if !url.path.isEmpty, exposure.type != .httpRoute {
            problems.append(
                "spec.publicURL has the path \(url.path), which only an HTTPRoute takes away before the gateway: "
                    + "leave the path out, or choose another spec.exposure.type")
        }
        return problems
    }
}
