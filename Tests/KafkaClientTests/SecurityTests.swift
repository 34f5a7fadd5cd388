import Foundation
import KafkaClient
import Observability
import TestRig
import Testing

extension BrokerTests {
    /// A broker behind a real TLS listener.
    @Suite struct Security {
        private func configuration(_ broker: KafkaBroker, _ security: KafkaSecurity) -> KafkaConfiguration {
            KafkaConfiguration(bootstrapServers: broker.bootstrapServers, clientID: "tests", security: security)
        }

        /// Makes a topic, writes to it and reads from it.
        private func roundTrip(_ configuration: KafkaConfiguration) async throws {
            let admin = try KafkaAdmin(configuration, logger: .silent)
            try await admin.createTopics([NewTopic(name: "t", partitions: 1)], timeout: .seconds(20))["t"]?.get()
            await admin.close()
            let producer = try KafkaProducer(configuration, logger: .silent)
            _ = try await producer.send(record("t", "through"))
            await producer.close()
            let consumer = try KafkaConsumer(configuration, settings: .init(groupID: "g"), logger: .silent)
            try consumer.subscribe(["t"])
            #expect(try await consumer.records(1).map { text($0.value) } == ["through"])
            await consumer.close()
        }

        private func refusal(_ configuration: KafkaConfiguration) async throws -> KafkaError? {
            let admin = try KafkaAdmin(configuration, logger: .silent)
            let error = await kafkaError { _ = try await admin.brokers(timeout: .seconds(5)) }
            await admin.close()
            return error
        }

        @Test func tlsWithAnAuthorityOfItsOwn() async throws {
            try await KafkaBroker.with(tls: .anybody) { broker in
                let authority = try #require(broker.tls?.caPEM)
                try await roundTrip(configuration(broker, .tls(KafkaTLS(caPEM: authority))))
            }
        }

        @Test func tlsAndAPassword() async throws {
            try await KafkaBroker.with(tls: .anybody) { broker in
                let tls = KafkaTLS(caPEM: try #require(broker.tls?.caPEM))
                try await roundTrip(
                    configuration(
                        broker, .sasl(mechanism: .plain, username: "u", password: Sensitive("p"), tls: tls)))
            }
        }

        @Test func anUnknownAuthorityIsRefusedWithItsReason() async throws {
            try await KafkaBroker.with(tls: .anybody) { broker in
                let error = try await refusal(configuration(broker, .tls(KafkaTLS())))
                #expect(error?.code == .authentication, "\(String(describing: error))")
                #expect(error?.message.contains("certificate") == true, "\(String(describing: error))")
            }
        }

        @Test func aCertificateForAnotherNameIsTakenOnlyOnRequest() async throws {
            try await KafkaBroker.with(tls: .anybody) { broker in
                // The certificate is for 127.0.0.1.
                let authority = try #require(broker.tls?.caPEM)
                var configuration = configuration(broker, .tls(KafkaTLS(caPEM: authority)))
                configuration.bootstrapServers = "localhost:\(broker.port)"
                configuration.properties["broker.address.family"] = "v4"
                let error = try await refusal(configuration)
                #expect(error?.code == .authentication, "\(String(describing: error))")
                configuration.security = .tls(KafkaTLS(caPEM: authority, verifyHostname: false))
                let admin = try KafkaAdmin(configuration, logger: .silent)
                #expect(try await admin.brokers(timeout: .seconds(10)) == 1)
                await admin.close()
            }
        }

        @Test func mutualTLSWantsACertificate() async throws {
            try await KafkaBroker.with(tls: .certified) { broker in
                let tls = try #require(broker.tls)
                let client = try await tls.clientCertificate("ann")
                try await roundTrip(
                    configuration(
                        broker,
                        .tls(
                            KafkaTLS(
                                caPEM: tls.caPEM, certificatePEM: client.certificatePEM,
                                privateKeyPEM: Sensitive(client.privateKeyPEM)))))
                #expect(try await refusal(configuration(broker, .tls(KafkaTLS(caPEM: tls.caPEM)))) != nil)
            }
        }

        @Test func whatIsNoPEMIsRefusedWithoutBeingTold() {
            let tls = KafkaTLS(certificatePEM: "secret-certificate", privateKeyPEM: Sensitive("secret-key"))
            let configuration = KafkaConfiguration(
                bootstrapServers: "127.0.0.1:1", clientID: "tests", security: .tls(tls))
            #expect {
                _ = try KafkaAdmin(configuration, logger: .silent)
            } throws: { error in
                (error as? KafkaError)?.code == .invalidArgument && !"\(error)".contains("secret-")
            }
        }
    }
}
