extension TelegramGateway {
    /// What the schema refuses, checked again for objects that were stored before a rule existed.
    /// - Returns: one sentence for each thing that is wrong, each naming the field and the next step.
    package func validate() -> [String] {
        let kafka = spec.kafka
        var problems: [String] = []
        if kafka.bootstrapServers.isEmpty {
            problems.append("spec.kafka.bootstrapServers is empty: name at least one broker as host:port")
        }
        if let url = spec.botAPIProxy?.url, !url.hasPrefix("http://"), !url.hasPrefix("https://") {
            problems.append(
                "spec.botAPIProxy.url is no URL: name the gateway's proxy port as http://gateway.tgs-system:8082")
        }
        let credentials = kafka.sasl?.credentialsSecretRef
        let fields: [(name: String, value: String?, wanted: String)] = [
            ("tls.caSecretRef.name", kafka.tls?.caSecretRef?.name, "a Secret"),
            ("tls.caSecretRef.key", kafka.tls?.caSecretRef?.key, "a key of the Secret"),
            ("tls.clientCertificateSecretRef.name", kafka.tls?.clientCertificateSecretRef?.name, "a Secret"),
            ("sasl.credentialsSecretRef.name", credentials?.name, "a Secret"),
            ("sasl.credentialsSecretRef.usernameKey", credentials?.usernameKey, "a key of the Secret"),
            ("sasl.credentialsSecretRef.passwordKey", credentials?.passwordKey, "a key of the Secret"),
        ]
        for field in fields where field.value?.isEmpty == true {
            problems.append("spec.kafka.\(field.name) is empty: name \(field.wanted)")
        }
        return problems + validateWorkload()
    }
}
