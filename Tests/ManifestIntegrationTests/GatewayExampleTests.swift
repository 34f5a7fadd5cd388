import Foundation
import JSON
import PlatformAPI
import TestRig
import Testing
import YAML

/// Gateways as people write them, at a real API server.
@Suite struct GatewayExampleTests {
    @Test(arguments: ["http-route", "ingress", "load-balancer"])
    func examplesLoseNothingAndAreTaken(example: String) async throws {
        let plane = try await Cluster.plane
        let path = "\(ProjectFolder.path)/examples/gateways/\(example).yaml"
        let gateway = try YAML.parse(String(contentsOfFile: path, encoding: .utf8))
        let name = try #require(gateway["metadata"]?["name"]?.stringValue)
        try await plane.withNamespace { namespace in
            let here: JSONValue = [
                "apiVersion": gateway["apiVersion"] ?? .null, "kind": "TelegramGateway",
                "metadata": ["name": .string(name), "namespace": .string(namespace)], "spec": gateway["spec"] ?? .null,
            ]
            try await plane.kubectl("apply", "--filename", "-", input: YAML.render(here))
            let stored = try await plane.object("telegramgateway", name, in: namespace)
            #expect(stored.missing(here) == [])
            #expect(stored["status"] == ["observedGeneration": -1])
            let decoded = try JSONDecoder().decode(TelegramGateway.self, from: JSONEncoder().encode(stored))
            #expect(decoded.spec.isManaged)
            #expect(decoded.validate() == [])
        }
    }
}
