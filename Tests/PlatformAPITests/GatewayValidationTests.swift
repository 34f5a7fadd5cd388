import Foundation
import KubernetesTypes
import Testing

@testable import PlatformAPI

@Suite struct GatewayValidationTests {
    private typealias Kafka = TelegramGatewaySpec.Kafka

    private func problems(_ kafka: Kafka) -> [String] {
        TelegramGateway(
            metadata: ObjectMeta(name: "main", namespace: "tgs"),
            spec: TelegramGatewaySpec(publicURL: "https://x", kafka: kafka)
        ).validate()
    }

    @Test func whatIsMeantIsTaken() {
        #expect(problems(Kafka(bootstrapServers: "k:9092")) == [])
        #expect(problems(Kafka(bootstrapServers: "k:9092", tls: .init())) == [])
        let credentials = Kafka.Credentials(name: "s", usernameKey: "u", passwordKey: "p")
        let whole = Kafka(
            bootstrapServers: "k:9092",
            tls: .init(caSecretRef: .init(name: "ca", key: "k"), clientCertificateSecretRef: .init(name: "c")),
            sasl: .init(mechanism: .scramSHA512, credentialsSecretRef: credentials))
        #expect(problems(whole) == [])
    }

    @Test func theProxyHasAURL() {
        for (url, isGood) in [("http://gateway:8082", true), ("https://x", true), ("", false), ("gateway:8082", false)]
        {
            var gateway = TelegramGateway(
                metadata: ObjectMeta(name: "main", namespace: "tgs"),
                spec: TelegramGatewaySpec(publicURL: "https://x", kafka: Kafka(bootstrapServers: "k:9092")))
            gateway.spec.botAPIProxy = .init(url: url)
            #expect(gateway.validate().isEmpty == isGood)
            #expect(isGood || gateway.validate().first?.contains("spec.botAPIProxy.url") == true)
        }
    }

    @Test func eachMistakeIsNamed() {
        let cases: [(String, Kafka)] = [
            ("bootstrapServers", Kafka(bootstrapServers: "")),
            ("tls.caSecretRef.name", Kafka(bootstrapServers: "k", tls: .init(caSecretRef: .init(name: "")))),
            ("tls.caSecretRef.key", Kafka(bootstrapServers: "k", tls: .init(caSecretRef: .init(name: "s", key: "")))),
            (
                "tls.clientCertificateSecretRef.name",
                Kafka(bootstrapServers: "k", tls: .init(clientCertificateSecretRef: .init(name: "")))
            ),
            (
                "sasl.credentialsSecretRef.passwordKey",
                Kafka(
                    bootstrapServers: "k",
                    sasl: .init(mechanism: .plain, credentialsSecretRef: .init(name: "s", passwordKey: "")))
            ),
        ]
        for (field, kafka) in cases {
            let found = problems(kafka)
            #expect(found.count == 1 && found.first?.hasPrefix("spec.kafka.\(field) is empty") == true, "\(found)")
        }
    }

    @Test func protocolsHaveKafkasNames() {
        let sasl = Kafka.SASL(mechanism: .plain, credentialsSecretRef: .init(name: "s"))
        #expect(Kafka(bootstrapServers: "k").securityProtocol == "PLAINTEXT")
        #expect(Kafka(bootstrapServers: "k", tls: .init()).securityProtocol == "SSL")
        #expect(Kafka(bootstrapServers: "k", sasl: sasl).securityProtocol == "SASL_PLAINTEXT")
        #expect(Kafka(bootstrapServers: "k", tls: .init(), sasl: sasl).securityProtocol == "SASL_SSL")
    }

    @Test func aSecretThatIsUsedTwiceIsNamedOnce() {
        let kafka = Kafka(
            bootstrapServers: "k",
            tls: .init(caSecretRef: .init(name: "b"), clientCertificateSecretRef: .init(name: "a")),
            sasl: .init(mechanism: .plain, credentialsSecretRef: .init(name: "b")))
        #expect(kafka.secretNames == ["a", "b"])
        #expect(Kafka(bootstrapServers: "k", tls: .init()).secretNames == [])
    }

    @Test func tlsWithoutMoreIsTLS() throws {
        let json = #"{"bootstrapServers": "k:9092", "tls": {}}"#
        let kafka = try JSONDecoder().decode(Kafka.self, from: Data(json.utf8))
        #expect(kafka.tls == Kafka.TLS())
        #expect(kafka.tls?.verifiesHostname == true)
        #expect(kafka.isSecured)
    }
}
