import JSON
import KubernetesTypes
import Testing

@testable import PlatformAPI

/// The fields of a TelegramGateway about its running.
@Suite struct GatewayWorkloadTests {
    private func problems(
        _ name: String = "main", _ change: (inout TelegramGatewaySpec) -> Void
    ) -> [String] {
        var gateway = TelegramGateway(
            metadata: ObjectMeta(name: name, namespace: "tgs"),
            spec: TelegramGatewaySpec(publicURL: "https://x.example.org", kafka: .init(bootstrapServers: "k:9092")))
        change(&gateway.spec)
        return gateway.validate()
    }

    @Test func aGatewayIsRunByTheOperatorWhenItsSpecSaysHow() throws {
        var spec = TelegramGatewaySpec(publicURL: "https://x", kafka: .init(bootstrapServers: "k"))
        #expect(!spec.isManaged)
        spec.acknowledge = .always
        spec.allowedNamespaces = ["bots"]
        #expect(!spec.isManaged)
        let fields: [(String, (inout TelegramGatewaySpec) -> Void)] = [
            ("image", { $0.image = "i" }), ("imagePullPolicy", { $0.imagePullPolicy = .always }),
            ("imagePullSecrets", { $0.imagePullSecrets = [] }), ("replicas", { $0.replicas = .init() }),
            ("resources", { $0.resources = .init() }), ("env", { $0.env = [] }), ("template", { $0.template = [:] }),
            ("redis", { $0.redis = .init(urlSecretRef: .init(name: "r")) }),
            ("exposure", { $0.exposure = .init(type: .none) }), ("networkPolicy", { $0.networkPolicy = true }),
        ]
        for (name, set) in fields {
            var one = spec
            set(&one)
            #expect(one.isManaged && one.workloadFields == [name])
            one.managed = false
            #expect(!one.isManaged)
            #expect(
                problems {
                    set(&$0); $0.managed = false
                }.first?.hasPrefix("spec.\(name) does nothing") == true)
        }
        spec.managed = true
        #expect(spec.isManaged)
        #expect(problems { $0.managed = true } == [])
        #expect(problems { $0.managed = false } == [])
    }

    @Test func eachMistakeIsNamed() {
        let cases: [(String, (inout TelegramGatewaySpec) -> Void)] = [
            ("spec.env", { $0.env = [EnvVar(name: "", value: "v")] }),
            ("spec.image", { $0.image = "" }), ("spec.replicas.min is below", { $0.replicas = .init(min: 0) }),
            ("spec.replicas.min is above", { $0.replicas = .init(min: 3, max: 2) }),
            ("spec.replicas.min is above", { $0.replicas = .init(max: 1) }),
            ("spec.replicas.targetCPU does nothing", { $0.replicas = .init(min: 3, targetCPU: 50) }),
            ("spec.replicas.targetCPU is not", { $0.replicas = .init(max: 4, targetCPU: 0) }),
            ("spec.redis", { $0.redis = .init(urlSecretRef: .init(name: "")) }),
            ("spec.allowedNamespaces", { $0.allowedNamespaces = ["a", ""] }),
            ("spec.exposure.ingressClassName", { $0.exposure = .init(type: .none, ingressClassName: "n") }),
            ("spec.exposure.tlsSecretName", { $0.exposure = .init(type: .loadBalancer, tlsSecretName: "n") }),
            ("spec.exposure.parentRef belongs", { $0.exposure = .init(type: .httpRoute) }),
            ("spec.exposure.parentRef belongs", { $0.exposure = .init(type: .ingress, parentRef: .init(name: "g")) }),
            ("spec.exposure.parentRef.name", { $0.exposure = .init(type: .httpRoute, parentRef: .init(name: "")) }),
            ("spec.exposure.annotations", { $0.exposure = .init(type: .none, annotations: [:]) }),
            (
                "spec.publicURL has the path /bots",
                {
                    $0.publicURL = "https://x.example.org/bots"
                    $0.exposure = .init(type: .ingress)
                }
            ),
            (
                "spec.publicURL is no URL",
                {
                    $0.publicURL = "https://x:99999"
                    $0.exposure = .init(type: .ingress)
                }
            ),
        ]
        for (beginning, change) in cases {
            let found = problems("main", change)
            #expect(found.count == 1 && found.first?.hasPrefix(beginning) == true, "\(beginning): \(found)")
        }
    }

    @Test func whatGoesTogetherIsTaken() {
        #expect(
            problems {
                $0.replicas = .init(min: 1, max: 8, targetCPU: 60)
                $0.exposure = .init(type: .ingress, annotations: ["a": "b"], ingressClassName: "n", tlsSecretName: "t")
            } == [])
        #expect(
            problems {
                $0.publicURL = "https://x.example.org/bots"
                $0.exposure = .init(type: .httpRoute, parentRef: .init(name: "edge"))
            } == [])
        // A path is somebody else's business where the operator exposes nothing.
        #expect(
            problems {
                $0.publicURL = "https://x.example.org/bots"
                $0.managed = true
            } == [])
    }

    @Test func servicesMustBeAbleToHaveTheName() {
        let long = String(repeating: "a", count: 49)
        for (name, isGood) in [("main", true), (String(long.dropLast()), true), (long, false), ("a.b", false)] {
            #expect(problems(name) { $0.managed = true }.isEmpty == isGood, "\(name)")
            // Of others' gateways nothing is named after it.
            #expect(problems(name) { _ in }.isEmpty)
        }
    }

    @Test func publicURLsHaveTheirParts() throws {
        func parts(_ text: String) -> String? {
            PublicURL(text).map { "\($0.scheme) \($0.host) \($0.port) \($0.path)" }
        }
        #expect(parts("https://bots.example.org") == "https bots.example.org 443 ")
        #expect(parts("http://bots.example.org") == "http bots.example.org 80 ")
        #expect(parts("https://bots.example.org:8443/a/b") == "https bots.example.org 8443 /a/b")
        #expect(parts("https://[2001:db8::1]:88") == "https 2001:db8::1 88 ")
        #expect(parts("https://[2001:db8::1]/x") == "https 2001:db8::1 443 /x")
        for text in [
            "", "ftp://x", "https://", "https:///x", "https://u@x", "https://x:0", "https://x:", "https://x?y",
        ] {
            #expect(PublicURL(text) == nil, "\(text)")
        }
    }

    @Test func secretsThatAreMountedAreNamedOnce() {
        var spec = TelegramGatewaySpec(
            publicURL: "https://x", kafka: .init(bootstrapServers: "k", tls: .init(caSecretRef: .init(name: "b"))))
        #expect(spec.mountedSecretNames == ["b"])
        spec.redis = .init(urlSecretRef: .init(name: "a"))
        #expect(spec.mountedSecretNames == ["a", "b"])
        spec.redis = .init(urlSecretRef: .init(name: "b"))
        #expect(spec.mountedSecretNames == ["b"])
    }
}
