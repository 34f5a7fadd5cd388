import KubernetesTypes
import Observability
import PlatformAPI

/// Takes from a gateway's Secrets what its Kafka cluster wants. Pure.
enum KafkaCredentials {
    /// One value that is wanted.
    private struct Wish {
        let variable: String
        let secret: String
        let key: String
        /// In the gateway's spec, for messages.
        let field: String
        var isPEM = false
    }

    /// - Parameter found: the gateway's Secrets by their names, without those that do not exist.
    /// - Returns: the values by the names that workers get them under.
    /// - Throws: ``StepFailure`` that names the Secret and the key which are missing, and where they are asked for.
    static func values(
        _ gateway: TelegramGateway, _ found: [String: Secret]
    ) throws(StepFailure) -> [String: Sensitive<String>] {
        var values: [String: Sensitive<String>] = [:]
        for wish in wishes(gateway.spec.kafka) {
            let key = ObjectKey(namespace: gateway.metadata.namespace, name: wish.secret)
            let place = "spec.kafka.\(wish.field) of TelegramGateway \(gateway.key)"
            guard let secret = found[wish.secret] else {
                throw StepFailure(
                    .gatewayReady, "KafkaCredentialsMissing",
                    "Secret \(key), named in \(place), does not exist: create it with the key \"\(wish.key)\"",
                    retry: .onChange)
            }
            guard let text = secret.string(wish.key), !text.isEmpty else {
                throw StepFailure(
                    .gatewayReady, "KafkaCredentialsMissing",
                    "Secret \(key), named in \(place), has nothing under \"\(wish.key)\": put it there, "
                        + "or name another key where the field takes one", retry: .onChange)
            }
            if wish.isPEM, !text.contains("-----BEGIN ") {
                throw StepFailure(
                    .gatewayReady, "KafkaCredentialsMalformed",
                    "Secret \(key), named in \(place), holds no PEM text under \"\(wish.key)\": "
                        + "it begins with -----BEGIN", retry: .onChange)
            }
            values[wish.variable] = Sensitive(text)
        }
        return values
    }

    private static func wishes(_ kafka: TelegramGatewaySpec.Kafka) -> [Wish] {
        var wishes: [Wish] = []
        if let authority = kafka.tls?.caSecretRef {
            wishes.append(
                Wish(
                    variable: WorkerEnvironment.tlsCA, secret: authority.name, key: authority.effectiveKey,
                    field: "tls.caSecretRef", isPEM: true))
        }
        if let certificate = kafka.tls?.clientCertificateSecretRef {
            for (variable, key) in [
                (WorkerEnvironment.tlsCertificate, TelegramGatewaySpec.Kafka.SecretName.certificateKey),
                (WorkerEnvironment.tlsKey, TelegramGatewaySpec.Kafka.SecretName.privateKeyKey),
            ] {
                wishes.append(
                    Wish(
                        variable: variable, secret: certificate.name, key: key,
                        field: "tls.clientCertificateSecretRef", isPEM: true))
            }
        }
        if let login = kafka.sasl?.credentialsSecretRef {
            for (variable, key) in [
                (WorkerEnvironment.saslUsername, login.effectiveUsernameKey),
                (WorkerEnvironment.saslPassword, login.effectivePasswordKey),
            ] {
                wishes.append(
                    Wish(variable: variable, secret: login.name, key: key, field: "sasl.credentialsSecretRef"))
            }
        }
        return wishes
    }
}
