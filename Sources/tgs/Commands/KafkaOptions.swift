import KafkaClient
import Observability

/// How a part logs in to Kafka. Passwords, keys and certificates come from files, because that is how Secrets are mounted.
enum KafkaOptions {
    static let all = [
        CommandOption("kafka-tls", nil, "Speaks TLS with the brokers."),
        CommandOption(
            "kafka-ca-file", "FILE",
            "The authorities to trust, PEM; those of the system unless given. Needs --kafka-tls."),
        CommandOption(
            "kafka-certificate-file", "FILE",
            "The certificate to show to brokers that want one, PEM. Needs --kafka-tls and --kafka-key-file."),
        CommandOption("kafka-key-file", "FILE", "The key of that certificate, PEM."),
        CommandOption(
            "kafka-skip-hostname-verification", nil,
            "Takes a broker's certificate that is for another name. Needs --kafka-tls."),
        CommandOption(
            "kafka-sasl-mechanism", "NAME",
            "Logs in with name and password: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512."),
        CommandOption("kafka-sasl-username", "NAME", "The user's name. Needs --kafka-sasl-mechanism."),
        CommandOption("kafka-sasl-username-file", "FILE", "A file that holds it, instead."),
        CommandOption("kafka-sasl-password-file", "FILE", "A file that holds the password."),
    ]

    /// - Throws: ``UsageError`` for options that do not go together, ``TextFile/Failure`` for a file that cannot be used.
    static func security(_ values: OptionValues) throws -> KafkaSecurity {
        try checkTogether(values)
        let tls = try tls(values)
        guard values.optional("kafka-sasl-mechanism") != nil else { return tls.map { .tls($0) } ?? .plaintext }
        let username =
            try values.optional("kafka-sasl-username") ?? TextFile.read(values.string("kafka-sasl-username-file"))
        return .sasl(
            mechanism: try values.choice("kafka-sasl-mechanism", KafkaSecurity.Mechanism.self), username: username,
            password: Sensitive(try TextFile.read(values.string("kafka-sasl-password-file"))), tls: tls)
    }

    private static func checkTogether(_ values: OptionValues) throws {
        func refuse(_ names: [String], without other: String) throws(UsageError) {
            if let name = names.first(where: { values.optional($0) != nil }) {
                throw UsageError("--\(name) is of no use without --\(other): give that, too, or leave it out")
            }
        }
        let hasTLS = try values.flag("kafka-tls")
        if !hasTLS {
            try refuse(["kafka-ca-file", "kafka-certificate-file", "kafka-key-file"], without: "kafka-tls")
            if try values.flag("kafka-skip-hostname-verification") {
                try refuse(["kafka-skip-hostname-verification"], without: "kafka-tls")
            }
        }
        for (one, other) in [
            ("kafka-certificate-file", "kafka-key-file"), ("kafka-key-file", "kafka-certificate-file"),
        ] where values.optional(other) == nil {
            try refuse([one], without: other)
        }
        if values.optional("kafka-sasl-mechanism") == nil {
            try refuse(
                ["kafka-sasl-username", "kafka-sasl-username-file", "kafka-sasl-password-file"],
                without: "kafka-sasl-mechanism")
        } else if values.optional("kafka-sasl-username") != nil, values.optional("kafka-sasl-username-file") != nil {
            throw UsageError("--kafka-sasl-username and --kafka-sasl-username-file say the same: give one of them")
        } else if values.optional("kafka-sasl-username") == nil, values.optional("kafka-sasl-username-file") == nil {
            throw UsageError("--kafka-sasl-mechanism needs --kafka-sasl-username or --kafka-sasl-username-file")
        }
    }

    private static func tls(_ values: OptionValues) throws -> KafkaTLS? {
        guard try values.flag("kafka-tls") else { return nil }
        return KafkaTLS(
            caPEM: try values.optional("kafka-ca-file").map { try TextFile.read($0) },
            certificatePEM: try values.optional("kafka-certificate-file").map { try TextFile.read($0) },
            privateKeyPEM: try values.optional("kafka-key-file").map { Sensitive(try TextFile.read($0)) },
            verifyHostname: try !values.flag("kafka-skip-hostname-verification"))
    }
}
