import Observability
import Testing

@testable import KafkaClient

@Suite struct KafkaConfigurationTests {
    private func configuration(
        _ security: KafkaSecurity = .plaintext, properties: [String: String] = [:]
    ) -> KafkaConfiguration {
        KafkaConfiguration(
            bootstrapServers: "127.0.0.1:1", clientID: "tests", security: security, properties: properties)
    }

    private func resolved(_ configuration: KafkaConfiguration, version: Int32) throws -> [String: String] {
        Dictionary(try configuration.resolved(own: [("linger.ms", "5")], version: version)) { $1 }
    }

    @Test func givenPropertiesWin() throws {
        let all = try resolved(configuration(properties: ["linger.ms": "7", "debug": "broker"]), version: 0x0200_02ff)
        #expect(all["linger.ms"] == "7")
        #expect(all["debug"] == "broker")
        #expect(all["bootstrap.servers"] == "127.0.0.1:1")
        #expect(all["client.id"] == "tests")
        #expect(all["allow.auto.create.topics"] == "false")
        #expect(all["security.protocol"] == nil)
    }

    @Test(arguments: ["enable.auto.commit", "acks", "enable.idempotence", "bootstrap.servers", "group.id"])
    func reservedPropertiesAreRefused(name: String) {
        #expect {
            try KafkaProducer(configuration(properties: [name: "1"]), logger: .silent)
        } throws: { error in
            let error = error as? KafkaError
            return error?.code == .invalidArgument && error?.message.contains(name) == true
        }
    }

    @Test func librdkafkaNamesThePropertyItRefuses() {
        for (name, value) in [("no.such.property", "1"), ("socket.timeout.ms", "many")] {
            #expect {
                try KafkaAdmin(configuration(properties: [name: value]), logger: .silent)
            } throws: { error in
                let error = error as? KafkaError
                return error?.code == .invalidArgument && error?.message.contains(name) == true
            }
        }
        #expect {
            try KafkaConsumer(
                configuration(), settings: .init(groupID: "g", sessionTimeout: .seconds(600)), logger: .silent)
        } throws: { error in
            (error as? KafkaError)?.message.contains("session.timeout.ms") == true
        }
    }

    @Test func anEmptyGroupOrServerListIsRefused() {
        #expect(throws: KafkaError.self) {
            try KafkaConsumer(configuration(), settings: .init(groupID: ""), logger: .silent)
        }
        #expect(throws: KafkaError.self) {
            try KafkaAdmin(KafkaConfiguration(bootstrapServers: "", clientID: "tests"), logger: .silent)
        }
    }

    @Test func scramNeedsALibraryWhoseNonceIsRight() throws {
        let scram = configuration(
            .sasl(mechanism: .scramSHA512, username: "u", password: Sensitive("geheim"), tls: nil))
        #expect {
            try resolved(scram, version: 0x0200_02ff)
        } throws: { error in
            let error = error as? KafkaError
            return error?.code == .unsupported && error?.message.contains("2.0.2") == true
                && error?.message.contains("2.6.1") == true && error?.isRetriable == false
        }
        let all = try resolved(scram, version: 0x0206_01ff)
        #expect(all["sasl.mechanism"] == "SCRAM-SHA-512")
        #expect(all["security.protocol"] == "SASL_PLAINTEXT")
        #expect(all["sasl.username"] == "u")
        #expect(all["sasl.password"] == "geheim")
    }

    @Test func tlsComesFromMemory() throws {
        let tls = KafkaTLS(
            caPEM: "CA", certificatePEM: "CERT", privateKeyPEM: Sensitive("KEY"), verifyHostname: false)
        let all = try resolved(
            configuration(.sasl(mechanism: .plain, username: "u", password: Sensitive("p"), tls: tls)),
            version: 0x0200_02ff)
        #expect(all["security.protocol"] == "SASL_SSL")
        #expect(all["ssl.ca.pem"] == "CA")
        #expect(all["ssl.certificate.pem"] == "CERT")
        #expect(all["ssl.key.pem"] == "KEY")
        #expect(all["ssl.endpoint.identification.algorithm"] == "none")
        #expect(try resolved(configuration(.tls(tls)), version: 0x0200_02ff)["security.protocol"] == "SSL")
    }

    @Test func aBadKeyIsRefusedWithoutBeingShown() {
        let tls = KafkaTLS(certificatePEM: "nonsense", privateKeyPEM: Sensitive("very-secret"))
        #expect {
            try KafkaAdmin(configuration(.tls(tls)), logger: .silent)
        } throws: { error in
            let error = error as? KafkaError
            return error?.code == .invalidArgument && error?.message.contains("ssl") == true
                && error?.message.contains("very-secret") == false
        }
    }

    @Test func versionsAreReadable() {
        #expect(KafkaConfiguration.text(ofVersion: 0x0200_02ff) == "2.0.2")
        #expect(KafkaConfiguration.text(ofVersion: 0x0208_00ff) == "2.8.0")
    }
}
