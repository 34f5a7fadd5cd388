import Foundation
import KafkaClient
import KubernetesTypes
import Observability
import PlatformAPI
import Testing

@testable import Operator

@Suite struct KafkaCredentialsTests {
    private func failure(_ secrets: [String: Secret]) -> StepFailure? {
        do {
            _ = try KafkaCredentials.values(Samples.securedGateway, secrets)
            return nil
        } catch {
            return error
        }
    }

    @Test func valuesHaveTheNamesThatWorkersGetThemUnder() throws {
        let values = try KafkaCredentials.values(Samples.securedGateway, Samples.kafkaSecrets).mapValues(\.value)
        #expect(
            values == [
                "KAFKA_SSL_CA": "-----BEGIN CERTIFICATE-----\nCA",
                "KAFKA_SSL_CERTIFICATE": "-----BEGIN CERTIFICATE-----\nCERT",
                "KAFKA_SSL_KEY": "-----BEGIN PRIVATE KEY-----\nKEY", "KAFKA_SASL_USERNAME": "tgs",
                "KAFKA_SASL_PASSWORD": "hunter2",
            ])
    }

    @Test func nothingIsWantedWhereNothingIsAskedFor() throws {
        #expect(try KafkaCredentials.values(Samples.gateway, [:]).isEmpty)
        var gateway = Samples.gateway
        gateway.spec.kafka.tls = .init()
        #expect(try KafkaCredentials.values(gateway, [:]).isEmpty)
    }

    @Test(arguments: [
        ("kafka-ca", "ca.crt", "tls.caSecretRef"), ("kafka-client", "tls.key", "tls.clientCertificateSecretRef"),
        ("kafka-login", "pw", "sasl.credentialsSecretRef"),
    ])
    func whatIsMissingIsNamed(name: String, key: String, field: String) throws {
        var secrets = Samples.kafkaSecrets
        secrets[name]?.data?[key] = nil
        var found = try #require(failure(secrets))
        #expect(found.condition == .gatewayReady && found.reason == "KafkaCredentialsMissing")
        #expect(found.retry == .onChange)
        #expect(["tgs/\(name)", "\"\(key)\"", "spec.kafka.\(field)", "tgs/main"].allSatisfy(found.message.contains))
        secrets[name] = nil
        found = try #require(failure(secrets))
        #expect(found.reason == "KafkaCredentialsMissing")
        #expect(["tgs/\(name)", "spec.kafka.\(field)", "does not exist"].allSatisfy(found.message.contains))
        #expect(!found.message.contains("hunter2"))
    }

    @Test func whatIsNoPEMIsSaidAndNotShown() throws {
        var secrets = Samples.kafkaSecrets
        secrets["kafka-client"]?.data?["tls.key"] = Data("not-a-key".utf8)
        let found = try #require(failure(secrets))
        #expect(found.reason == "KafkaCredentialsMalformed")
        #expect(found.message.contains("tls.key") && !found.message.contains("not-a-key"))
    }
}

@Suite struct KafkaAccessTests {
    private func access(_ change: (inout TelegramGatewaySpec.Kafka) -> Void) throws -> KafkaAccess {
        var gateway = Samples.securedGateway
        change(&gateway.spec.kafka)
        return KafkaAccess(
            gateway.spec.kafka, secrets: try KafkaCredentials.values(gateway, Samples.kafkaSecrets))
    }

    @Test func theClientGetsAllOfIt() throws {
        guard
            case .sasl(let mechanism, let username, let password, let tls) = try access({ _ in }).security
        else {
            Issue.record("no login")
            return
        }
        #expect(mechanism == .scramSHA512 && username == "tgs" && password.value == "hunter2")
        #expect(tls?.caPEM?.contains("CA") == true && tls?.certificatePEM?.contains("CERT") == true)
        #expect(tls?.privateKeyPEM?.value.contains("KEY") == true && tls?.verifyHostname == true)
        guard case .tls = try access({ $0.sasl = nil }).security else {
            Issue.record("no TLS")
            return
        }
        guard case .plaintext = KafkaAccess(servers: "k").security else {
            Issue.record("not plain")
            return
        }
    }

    @Test func workersAreToldInKafkasWords() throws {
        func told(_ access: KafkaAccess) -> [String] { access.plainEnvironment.map { "\($0.name)=\($0.value)" } }
        #expect(told(KafkaAccess(servers: "k")) == [])
        #expect(
            told(try access { _ in }) == ["KAFKA_SECURITY_PROTOCOL=SASL_SSL", "KAFKA_SASL_MECHANISM=SCRAM-SHA-512"])
        #expect(told(try access { $0.sasl = nil }) == ["KAFKA_SECURITY_PROTOCOL=SSL"])
        #expect(
            told(try access { $0.tls = nil })
                == ["KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT", "KAFKA_SASL_MECHANISM=SCRAM-SHA-512"])
        #expect(
            told(
                try access {
                    $0.sasl = nil
                    $0.tls?.insecureSkipHostnameVerification = true
                }) == ["KAFKA_SECURITY_PROTOCOL=SSL", "KAFKA_SSL_ENDPOINT_IDENTIFICATION_ALGORITHM=none"])
    }

    @Test func everythingThatWorkersAreToldIsReserved() throws {
        let context = try Samples.securedContext(
            Samples.bot {
                $0.spec.worker?.env = nil
                $0.spec.kafka = .init(results: true)
            })
        let deployment = try #require(WorkerManifests.deployment(context))
        let names = Set(deployment.spec.template.spec.containers.first?.env?.map(\.name) ?? [])
        #expect(names.subtracting(WorkerEnvironment.reserved) == [])
        #expect(WorkerEnvironment.reserved.subtracting(names) == [WorkerEnvironment.hostnameVerification])
    }

    @Test func theSecretsShowNowhere() throws {
        let access = try access { _ in }
        var dumped = ""
        dump(access, to: &dumped)
        #expect(!"\(access)\(String(reflecting: access))\(dumped)".contains("hunter2"))
        let context = try Samples.securedContext()
        for text in [
            try Samples.pretty(#require(WorkerManifests.deployment(context))),
            try Samples.pretty(WorkerManifests.scaledObject(context)),
            try Samples.pretty(#require(WorkerManifests.triggerAuthentication(context))),
        ] { #expect(!text.contains("hunter2") && !text.contains("PRIVATE KEY")) }
    }

    /// The workers roll when, and only when, something that they were started with has changed.
    @Test func theFingerprintChangesWithEachSecret() throws {
        func hash(_ secrets: [String: Secret]) throws -> String? {
            try #require(WorkerManifests.deployment(Samples.securedContext(secrets: secrets)))
                .spec.template.metadata.annotations?[Annotations.secretHash]
        }
        let before = try hash(Samples.kafkaSecrets)
        #expect(try hash(Samples.kafkaSecrets) == before)
        for (name, key) in [
            ("kafka-ca", "ca.crt"), ("kafka-client", "tls.crt"), ("kafka-client", "tls.key"),
            ("kafka-login", "username"),
            ("kafka-login", "pw"),
        ] {
            var secrets = Samples.kafkaSecrets
            secrets[name]?.data?[key]?.append(contentsOf: "x".utf8)
            #expect(try hash(secrets) != before, "\(name) \(key)")
            secrets = Samples.kafkaSecrets
            secrets[name]?.data?["unused"] = Data("x".utf8)
            #expect(try hash(secrets) == before)
        }
        // Without any it is the token's, as it always was: no bot rolls.
        let plain = try #require(WorkerManifests.deployment(Samples.context()))
        #expect(
            plain.spec.template.metadata.annotations?[Annotations.secretHash] == Samples.context().token.fingerprint)
    }
}

@Suite struct TriggerAuthenticationTests {
    private func context(_ change: (inout TelegramGatewaySpec.Kafka) -> Void) throws -> WorkerContext {
        var gateway = Samples.securedGateway
        change(&gateway.spec.kafka)
        let values = try KafkaCredentials.values(gateway, Samples.kafkaSecrets)
        return Samples.context(gateway: gateway, kafka: KafkaAccess(gateway.spec.kafka, secrets: values))
    }

    @Test func kedaHasSpellingsOfItsOwn() throws {
        for (mechanism, word) in [
            (.plain, "plaintext"), (.scramSHA256, "scram_sha256"), (.scramSHA512, "scram_sha512"),
        ] as [(TelegramGatewaySpec.Kafka.Mechanism, String)] {
            let trigger = WorkerManifests.scaledObject(try context { $0.sasl?.mechanism = mechanism }).spec.triggers[0]
            #expect(trigger.metadata["sasl"] == word)
            #expect(trigger.metadata["tls"] == "enable")
            #expect(trigger.metadata["unsafeSsl"] == nil)
        }
        let unchecked = try context { $0.tls?.insecureSkipHostnameVerification = true }
        #expect(WorkerManifests.scaledObject(unchecked).spec.triggers[0].metadata["unsafeSsl"] == "true")
    }

    @Test func withoutASecretThereIsNone() throws {
        let system = try context {
            $0.sasl = nil
            $0.tls = .init()
        }
        #expect(WorkerManifests.triggerAuthentication(system) == nil)
        let trigger = WorkerManifests.scaledObject(system).spec.triggers[0]
        #expect(trigger.authenticationRef == nil && trigger.metadata["tls"] == "enable")
        #expect(trigger.metadata["sasl"] == nil)
        #expect(WorkerManifests.triggerAuthentication(Samples.context()) == nil)
    }

    @Test func itRefersToKeysThatAreThere() throws {
        for change in [{ _ in }, { $0.tls = nil }, { $0.sasl = nil }] as [(inout TelegramGatewaySpec.Kafka) -> Void] {
            let context = try context(change)
            let secret = WorkerManifests.secret(context)
            let targets = try #require(WorkerManifests.triggerAuthentication(context)).spec.secretTargetRef
            #expect(targets.allSatisfy { $0.name == secret.metadata.name && secret.data?[$0.key] != nil })
            #expect(targets.count == (secret.data?.count ?? 0) - 1)
        }
    }
}

@Suite struct KafkaTroubleTests {
    @Test func refusalsAreToldFromOutages() {
        func reason(_ code: KafkaError.Code, isRetriable: Bool = false) -> String {
            KafkaTrouble.failure(.topicsReady, KafkaError(code, "m", isRetriable: isRetriable)).reason
        }
        #expect(reason(.authentication) == "KafkaRefused")
        #expect(reason(.authorization) == "KafkaRefused")
        #expect(reason(.unsupported) == "KafkaUnsupported")
        #expect(reason(.timedOut, isRetriable: true) == "KafkaUnavailable")
        #expect(reason(.other) == "KafkaError")
        #expect(
            KafkaTrouble.failure(.topicsReady, KafkaError(.authentication, "m")).message.contains("spec.kafka.sasl"))
    }
}
