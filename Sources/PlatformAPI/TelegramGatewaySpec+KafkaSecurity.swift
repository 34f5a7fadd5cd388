/// How the brokers of a gateway are reached and logged in to. All Secrets are in the gateway's namespace.
extension TelegramGatewaySpec.Kafka {
    /// TLS to the brokers; `tls: {}` trusts the system's authorities.
    package struct TLS: Codable, Sendable, Equatable, Hashable {
        /// The authorities to trust, as PEM; absent: the system's.
        package var caSecretRef: SecretKey?
        /// A Secret of type kubernetes.io/tls with the client's certificate and key: mutual TLS.
        package var clientCertificateSecretRef: SecretName?
        /// The broker's certificate may be for another name.
        package var insecureSkipHostnameVerification: Bool?

        package init(
            caSecretRef: SecretKey? = nil, clientCertificateSecretRef: SecretName? = nil,
            insecureSkipHostnameVerification: Bool? = nil
        ) {
            self.caSecretRef = caSecretRef
            self.clientCertificateSecretRef = clientCertificateSecretRef
            self.insecureSkipHostnameVerification = insecureSkipHostnameVerification
        }

        /// Whether the broker's name must be in its certificate.
        package var verifiesHostname: Bool { insecureSkipHostnameVerification != true }
    }

    /// One key of a Secret that holds certificates.
    package struct SecretKey: Codable, Sendable, Equatable, Hashable {
        package var name: String
        /// Absent: "ca.crt".
        package var key: String?

        package init(name: String, key: String? = nil) {
            self.name = name
            self.key = key
        }

        package var effectiveKey: String { key ?? "ca.crt" }
    }

    /// A Secret with keys of fixed names.
    package struct SecretName: Codable, Sendable, Equatable, Hashable {
        package var name: String

        package init(name: String) { self.name = name }

        /// The keys of a Secret of type kubernetes.io/tls.
        package static let certificateKey = "tls.crt"
        package static let privateKeyKey = "tls.key"
    }

    /// A login with name and password.
    package struct SASL: Codable, Sendable, Equatable, Hashable {
        package var mechanism: Mechanism
        package var credentialsSecretRef: Credentials

        package init(mechanism: Mechanism, credentialsSecretRef: Credentials) {
            self.mechanism = mechanism
            self.credentialsSecretRef = credentialsSecretRef
        }
    }

    /// How the password is presented.
    package enum Mechanism: String, Codable, Sendable, CaseIterable {
        case plain = "PLAIN"
        case scramSHA256 = "SCRAM-SHA-256"
        case scramSHA512 = "SCRAM-SHA-512"
    }

    /// A Secret with a user's name and password.
    package struct Credentials: Codable, Sendable, Equatable, Hashable {
        package var name: String
        /// Absent: "username".
        package var usernameKey: String?
        /// Absent: "password".
        package var passwordKey: String?

        package init(name: String, usernameKey: String? = nil, passwordKey: String? = nil) {
            self.name = name
            self.usernameKey = usernameKey
            self.passwordKey = passwordKey
        }

        package var effectiveUsernameKey: String { usernameKey ?? "username" }
        package var effectivePasswordKey: String { passwordKey ?? "password" }
    }

    /// The names of the Secrets that are needed to reach the brokers, each once.
    package var secretNames: [String] {
        let names = [tls?.caSecretRef?.name, tls?.clientCertificateSecretRef?.name, sasl?.credentialsSecretRef.name]
        return Set(names.compactMap(\.self)).sorted()
    }

    /// `security.protocol` by Kafka's names: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.
    package var securityProtocol: String { (sasl == nil ? "" : "SASL_") + (tls == nil ? "PLAINTEXT" : "SSL") }

    /// Whether anything but the brokers' names is needed to reach them.
    package var isSecured: Bool { tls != nil || sasl != nil }
}
