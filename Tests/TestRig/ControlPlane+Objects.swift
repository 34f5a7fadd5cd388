import Concurrency
import Foundation

/// Objects by plain HTTP (the curl program), so that tests of the Kubernetes client have something else to compare with.
extension ControlPlane {
    /// What the API server answered.
    package struct Answer: Sendable {
        /// The HTTP status.
        package let status: Int
        package let body: [UInt8]
        package var text: String { String(decoding: body, as: UTF8.self) }

        /// The body as a JSON object; empty when it is none.
        package var object: [String: Any] {
            (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
        }
    }

    /// Makes a request as the administrator.
    /// - Parameters:
    ///   - path: with the query, such as `/api/v1/namespaces?limit=1`.
    ///   - contentType: `application/apply-patch+yaml` and so on.
    package func request(
        _ method: String, _ path: String, body: String? = nil, contentType: String = "application/json",
        token: String? = nil
    ) async throws -> Answer {
        var arguments = [
            "-sS", "--noproxy", "*", "--max-time", "60", "--cacert", "\(directory)/ca.crt", "-X", method, "-H",
            "Authorization: Bearer \(token ?? adminToken)", "-w", "\n%{http_code}",
        ]
        if body != nil { arguments += ["-H", "Content-Type: \(contentType)", "--data-binary", "@-"] }
        let result = try await Command("curl", arguments + [server + path], input: Array((body ?? "").utf8))
            .runSuccessfully(deadline: .seconds(90))
        return Self.answer(result.output)
    }

    /// Gets many paths by one program over one connection.
    private func get(_ paths: [String]) async throws -> [Answer] {
        let arguments = [
            "-sS", "--noproxy", "*", "--max-time", "60", "--cacert", "\(directory)/ca.crt", "-H",
            "Authorization: Bearer \(adminToken)", "-w", "\n%{http_code}\u{1e}",
        ]
        let result = try await Command("curl", arguments + paths.map { server + $0 })
            .runSuccessfully(deadline: .seconds(90))
        let answers = result.output.split(separator: 0x1e).map { Self.answer(Array($0)) }
        guard answers.count == paths.count else {
            throw Command.Failure(description: "\(paths.count) requests got \(answers.count) answers")
        }
        return answers
    }

    /// Takes a body followed by a line with the status.
    private static func answer(_ output: [UInt8]) -> Answer {
        let end = output.lastIndex(of: UInt8(ascii: "\n")) ?? output.startIndex
        return Answer(
            status: Int(String(decoding: output[end...].dropFirst(), as: UTF8.self)) ?? 0, body: Array(output[..<end]))
    }

    /// As ``request(_:_:body:contentType:token:)``, and throws for a status from 400 on.
    @discardableResult
    package func requestSuccessfully(
        _ method: String, _ path: String, body: String? = nil, contentType: String = "application/json"
    ) async throws -> Answer {
        let answer = try await request(method, path, body: body, contentType: contentType)
        guard answer.status < 400 else {
            throw Command.Failure(description: "\(method) \(path) was answered with \(answer.status): \(answer.text)")
        }
        return answer
    }

    /// Runs kubectl as the administrator.
    @discardableResult
    package func kubectl(_ arguments: String..., input: String = "") async throws -> String {
        try await kubectl(arguments, input: input)
    }

    /// As ``kubectl(_:input:)-(String...,_)``, for arguments that are worked out.
    @discardableResult
    package func kubectl(_ arguments: [String], input: String = "") async throws -> String {
        try await Command(
            tools.kubectl, ["--kubeconfig", try kubeconfigPath] + arguments, input: Array(input.utf8)
        ).runSuccessfully(deadline: .seconds(120)).text
    }

    /// Applies the CustomResourceDefinitions of a file or folder and waits until their resources are served.
    package func applyCRDs(_ path: String) async throws {
        // Neither validated nor applied by the server, which may be too old to know all fields of a schema (rules).
        try await kubectl("apply", "--validate=false", "-f", path)
        let json = try await kubectl("get", "-f", path, "-o", "json")
        let parsed = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any] ?? [:]
        let definitions = parsed["items"] as? [[String: Any]] ?? [parsed]
        for definition in definitions where definition["kind"] as? String == "CustomResourceDefinition" {
            let spec = definition["spec"] as? [String: Any] ?? [:]
            let group = spec["group"] as? String ?? ""
            let plural = (spec["names"] as? [String: Any])?["plural"] as? String ?? ""
            for version in spec["versions"] as? [[String: Any]] ?? [] where version["served"] as? Bool == true {
                try await waitUntilServed("/apis/\(group)/\(version["name"] as? String ?? "")/\(plural)")
            }
        }
    }

    private func waitUntilServed(_ path: String) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(30)
        while clock.now < deadline {
            if try await request("GET", "\(path)?limit=1").status == 200 { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Command.Failure(description: "\(path) was not served within 30 s\n\(logs)")
    }

    /// Makes a namespace of a new name.
    package func createNamespace(_ prefix: String = "test") async throws -> String {
        let name = "\(prefix)-\(UUID().uuidString.prefix(8).lowercased())"
        try await requestSuccessfully(
            "POST", "/api/v1/namespaces", body: #"{"metadata":{"name":"\#(name)"}}"#)
        return name
    }

    /// Deletes everything in a namespace, finalizers or not, and the namespace: what the controller-manager would do.
    package func deleteNamespace(_ name: String) async throws {
        // First the mark, so that nothing new comes in.
        try await requestSuccessfully("DELETE", "/api/v1/namespaces/\(name)")
        let collections = try await namespacedResources().map { $0.replacingOccurrences(of: "{namespace}", with: name) }
        for (collection, answer) in zip(collections, try await get(collections)) {
            guard let items = answer.object["items"] as? [[String: Any]], !items.isEmpty else { continue }
            try await requestSuccessfully("DELETE", "\(collection)?gracePeriodSeconds=0&propagationPolicy=Background")
            let left = try await requestSuccessfully("GET", collection).object["items"] as? [[String: Any]] ?? []
            for item in left {
                guard let object = (item["metadata"] as? [String: Any])?["name"] as? String else { continue }
                // 404 when it was quicker.
                _ = try await request(
                    "PATCH", "\(collection)/\(object)", body: #"{"metadata":{"finalizers":null}}"#,
                    contentType: "application/merge-patch+json")
            }
        }
        try await requestSuccessfully(
            "PUT", "/api/v1/namespaces/\(name)/finalize", body: #"{"metadata":{"name":"\#(name)"},"spec":{}}"#)
    }

    /// Runs `body` with a namespace of its own and deletes it afterwards.
    package func withNamespace<Result: Sendable>(
        _ prefix: String = "test", _ body: (String) async throws -> Result
    ) async throws -> Result {
        let name = try await createNamespace(prefix)
        do {
            let result = try await body(name)
            try await deleteNamespace(name)
            return result
        } catch {
            // The body's error tells more than one of cleaning up would.
            try? await deleteNamespace(name)
            throw error
        }
    }

    /// Makes a ServiceAccount, when it is not there, and returns a token of it: the user
    /// `system:serviceaccount:<namespace>:<name>`, for whom RBAC bindings can be made at once.
    package func makeServiceAccountToken(namespace: String, name: String) async throws -> String {
        let accounts = "/api/v1/namespaces/\(namespace)/serviceaccounts"
        let made = try await request("POST", accounts, body: #"{"metadata":{"name":"\#(name)"}}"#)
        guard made.status == 201 || made.status == 409 else {
            throw Command.Failure(description: "ServiceAccount \(name): \(made.status) \(made.text)")
        }
        let answer = try await requestSuccessfully(
            "POST", "\(accounts)/\(name)/token",
            body: #"{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}}"#)
        guard let token = (answer.object["status"] as? [String: Any])?["token"] as? String else {
            throw Command.Failure(description: "no token in the answer to a TokenRequest for \(name)")
        }
        return token
    }

    /// Collections in a namespace that can be deleted as a whole: paths with `{namespace}` in the namespace's place.
    private func namespacedResources() async throws -> [String] {
        let groups = try await requestSuccessfully("GET", "/apis").object["groups"] as? [[String: Any]] ?? []
        let versions = groups.compactMap { ($0["preferredVersion"] as? [String: Any])?["groupVersion"] as? String }
        let prefixes = ["/api/v1"] + versions.map { "/apis/\($0)" }
        var result: [String] = []
        for (prefix, answer) in zip(prefixes, try await get(prefixes)) {
            let resources = answer.object["resources"] as? [[String: Any]] ?? []
            for resource in resources where resource["namespaced"] as? Bool == true {
                let verbs = resource["verbs"] as? [String] ?? []
                guard let name = resource["name"] as? String, verbs.contains("deletecollection") else { continue }
                result.append("\(prefix)/namespaces/{namespace}/\(name)")
            }
        }
        return result
    }
}
