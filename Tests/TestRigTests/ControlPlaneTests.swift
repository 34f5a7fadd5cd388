import Foundation
import Testing

import TestRig

@Suite(.serialized) struct ControlPlaneTests {
    @Test func theSharedOneIsOne() async throws {
        let first = try await ControlPlane.shared
        let second = try await ControlPlane.shared
        #expect(first === second)
        #expect(try await first.requestSuccessfully("GET", "/version").object["minor"] as? String == "20")
    }

    @Test func namespacesGoWithAllThatIsInThem() async throws {
        let plane = try await ControlPlane.shared
        let name = try await plane.createNamespace()
        // A finalizer that nobody ever takes off must not be in the way.
        try await plane.requestSuccessfully(
            "POST", "/api/v1/namespaces/\(name)/configmaps",
            body: #"{"metadata":{"name":"stubborn","finalizers":["example.com/never"]},"data":{"a":"b"}}"#)
        #expect(try await plane.kubectl("get", "cm", "-n", name, "-o", "name") == "configmap/stubborn\n")
        try await plane.deleteNamespace(name)
        #expect(try await plane.request("GET", "/api/v1/namespaces/\(name)").status == 404)
        #expect(
            try await plane.request("GET", "/api/v1/namespaces/\(name)/configmaps").object["items"] as? [String] == [])
    }

    @Test func resourcesAreServedWhenTheirDefinitionsAreApplied() async throws {
        let plane = try await ControlPlane.shared
        let folder = try TestFolder.make("crds")
        defer { TestFolder.remove(folder) }
        try """
        apiVersion: apiextensions.k8s.io/v1
        kind: CustomResourceDefinition
        metadata: {name: teapots.rig.example.com}
        spec:
          group: rig.example.com
          scope: Namespaced
          names: {plural: teapots, singular: teapot, kind: Teapot}
          versions:
          - name: v1
            served: true
            storage: true
            schema:
              openAPIV3Schema:
                type: object
                x-kubernetes-preserve-unknown-fields: true
                # Not known to API servers before 1.23.
                x-kubernetes-validations: [{rule: "true"}]
        """.write(toFile: "\(folder)/teapots.yaml", atomically: true, encoding: .utf8)
        try await plane.applyCRDs(folder)
        let answer = try await plane.withNamespace { namespace in
            try await plane.request(
                "POST", "/apis/rig.example.com/v1/namespaces/\(namespace)/teapots",
                body: #"{"apiVersion":"rig.example.com/v1","kind":"Teapot","metadata":{"name":"brown"}}"#)
        }
        #expect(answer.status == 201)
    }

    @Test func theProjectsDefinitionsAreTaken() async throws {
        let plane = try await ControlPlane.shared
        try await plane.applyCRDs(ProjectFolder.crds)
        #expect(try await plane.kubectl("get", "tgbot", "--all-namespaces", "-o", "name") == "")
    }

    @Test func usersHaveNoRightsOfTheirOwn() async throws {
        let plane = try await ControlPlane.shared
        try await plane.withNamespace { namespace in
            let token = try await plane.makeServiceAccountToken(namespace: namespace, name: "worker")
            let pods = "/api/v1/namespaces/\(namespace)/pods"
            #expect(try await plane.request("GET", pods, token: token).status == 403)
            #expect(try await plane.request("GET", pods, token: "nobody's").status == 401)
        }
        let (certificate, key) = try await plane.makeClientCertificate(name: "ann", groups: ["system:masters"])
        let folder = try TestFolder.make("certificate")
        defer { TestFolder.remove(folder) }
        try (certificate + key).write(toFile: "\(folder)/ann.pem", atomically: true, encoding: .utf8)
        try await Command(
            "curl",
            [
                "-sS", "--fail", "--cacert", "\(plane.directory)/ca.crt", "--cert", "\(folder)/ann.pem",
                plane.server + "/api",
            ]
        ).runSuccessfully()
    }

    @Test func objectsSurviveTheAPIServersDeath() async throws {
        let plane = try await ControlPlane.start(
            extraAPIServerArguments: ["--max-requests-inflight=500"], users: [.init(name: "ann")])
        let namespace = try await plane.createNamespace()
        await plane.stopAPIServer()
        await #expect(throws: Command.Failure.self) { try await plane.request("GET", "/version") }
        try await plane.startAPIServer()
        #expect(try await plane.request("GET", "/api/v1/namespaces/\(namespace)").status == 200)

        let ann = try #require(plane.token(of: "ann"))
        #expect(try await plane.request("GET", "/api/v1/nodes", token: ann).status == 403)
        let root = try await plane.makeUserToken(name: "root", groups: ["system:masters", "others"])
        #expect(try await plane.request("GET", "/api/v1/nodes", token: root).status == 200)
        #expect(plane.token(of: "root") == root)
        await plane.stop()
        #expect(!FileManager.default.fileExists(atPath: plane.directory))
    }

    @Test func aBadArgumentIsToldWithTheLog() async throws {
        let error = await #expect(throws: ControlPlane.StartError.self) {
            try await ControlPlane.start(extraAPIServerArguments: ["--no-such-flag"])
        }
        #expect(try #require(error).description.contains("no-such-flag"))
    }
}
