import Foundation
import HTTPTypes
import JSON
import KubernetesTypes
import Observability
import Testing

@testable import KubernetesClient

struct ConfigMap: KubernetesResource, Equatable {
    static let definition = ResourceDefinition(group: "", version: "v1", kind: "ConfigMap", plural: "configmaps")
    var metadata: ObjectMeta
    var data: [String: String]?
}

func error(_ body: () async throws -> Void) async -> KubernetesError? {
    do {
        try await body()
        return nil
    } catch {
        return error as? KubernetesError
    }
}

/// Runs `body` with a client of a server that answers so, and returns the requests it got.
@discardableResult
func withServer(
    _ credentials: Credentials = .none, _ answer: @escaping @Sendable (ScriptedServer.Request, Int) -> [String],
    _ body: (KubernetesClient) async throws -> Void
) async throws -> [ScriptedServer.Request] {
    let server = try ScriptedServer(answer)
    defer { server.stop() }
    let client = try KubernetesClient(ClusterConfiguration(server: server.url + "/", credentials: credentials))
    do {
        try await body(client)
    } catch {
        await client.shutdown()
        throw error
    }
    await client.shutdown()
    return server.requests
}

@Suite struct ClientTests {
    private let key = ObjectKey(namespace: "n", name: "x")

    @Test func asksAsTheAPIWantsIt() async throws {
        let answer = #"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x","namespace":"n"}}"#
        let requests = try await withServer(
            .token(Sensitive("s3cret")), { _, _ in ScriptedServer.answer(200, answer) },
            { client in
                let object = ConfigMap(metadata: ObjectMeta(name: "x", namespace: "n"), data: ["k": "a/b"])
                _ = try await client.get(ConfigMap.self, key)
                _ = try await client.create(object, fieldManager: "a b", dryRun: true)
                _ = try await client.apply(object, fieldManager: "m", force: true, subresource: .status)
                _ = try await client.patch(ConfigMap.self, key, .merge(["data": nil]))
                _ = try await client.patch(ConfigMap.self, key, .json([.test(path: "/a~0b", value: nil)]))
                try await client.delete(
                    ConfigMap.self, key, options: DeleteOptions(preconditions: .init(uid: "u"), gracePeriodSeconds: 0))
            })
        let path = "/api/v1/namespaces/n/configmaps"
        #expect(
            requests.map(\.line) == [
                "GET \(path)/x HTTP/1.1",
                "POST \(path)?fieldManager=a%20b&dryRun=All HTTP/1.1",
                "PATCH \(path)/x/status?fieldManager=m&force=true HTTP/1.1",
                "PATCH \(path)/x HTTP/1.1", "PATCH \(path)/x HTTP/1.1", "DELETE \(path)/x HTTP/1.1",
            ])
        #expect(
            requests.map { $0.header("Content-Type") } == [
                nil, "application/json", "application/apply-patch+yaml", "application/merge-patch+json",
                "application/json-patch+json", "application/json",
            ])
        #expect(requests.allSatisfy { $0.header("Authorization") == "Bearer s3cret" })
        #expect(requests.allSatisfy { $0.header("User-Agent") == "telegram-serverless" })
        #expect(Set(requests.compactMap { $0.header("Audit-ID") }).count == requests.count)
        #expect(requests[1].body.hasPrefix(#"{"apiVersion":"v1","kind":"ConfigMap","#))
        #expect(requests[1].body.contains(#""k":"a/b""#))
        #expect(requests[3].body == #"{"data":null}"#)
        let operations = try JSONDecoder().decode([JSONValue].self, from: Data(requests[4].body.utf8))
        #expect(operations == [["op": "test", "path": "/a~0b", "value": nil]])
        let options = try JSONDecoder().decode(JSONValue.self, from: Data(requests[5].body.utf8))
        #expect(options["propagationPolicy"] == "Background")
        #expect(options["preconditions"] == ["uid": "u"])
    }

    @Test func refusalsAreTyped() async throws {
        func refusal(_ status: Int, _ body: String, headers: String = "") async throws -> KubernetesError {
            var caught: KubernetesError?
            try await withServer(
                .none, { _, _ in ScriptedServer.answer(status, body, headers: headers) },
                { client in caught = await error { _ = try await client.get(ConfigMap.self, key) } })
            return try #require(caught)
        }
        let busy = try await refusal(
            429, #"{"kind":"Status","reason":"TooManyRequests","code":429,"details":{"retryAfterSeconds":9}}"#,
            headers: "Retry-After: 3\r\n")
        #expect(busy.isTooManyRequests && busy.isRetriable && busy.retryAfter == .seconds(3))
        let slow = try await refusal(
            504, #"{"kind":"Status","reason":"Timeout","code":504,"details":{"retryAfterSeconds":9}}"#)
        #expect(slow.isRetriable && slow.retryAfter == .seconds(9))
        let plain = try await refusal(503, "<html>no\nbackend</html>")
        #expect(plain.reason == .serviceUnavailable && plain.isRetriable && plain.message.contains("no backend"))
        let empty = try await refusal(404, "")
        #expect(empty.isNotFound)
        let forbidden = try await refusal(
            403, #"{"reason":"Forbidden","message":"configmaps \"x\" is forbidden: User \"u\" cannot get","code":403}"#)
        #expect(forbidden.isForbidden && forbidden.message.contains("User \"u\" cannot get") && !forbidden.isRetriable)
        let odd = try await refusal(418, "{}", headers: "Retry-After: soon\r\n")
        #expect(odd.reason == .unknown && odd.retryAfter == nil && !odd.isRetriable)
        #expect(try await refusal(502, "{}").isRetriable)
    }

    @Test func anAnswerThatDoesNotFitNamesTheField() async throws {
        try await withServer(
            .none, { _, _ in ScriptedServer.answer(200, #"{"metadata":{"name":"x"},"data":{"secret":[1]}}"#) },
            { client in
                let wrong = try #require(await error { _ = try await client.get(ConfigMap.self, key) })
                #expect(wrong.code == .decoding)
                #expect(wrong.message.contains(".data.secret"))
                #expect(wrong.message.contains("ConfigMap n/x"))
            })
        try await withServer(
            .none, { _, _ in ScriptedServer.answer(200, "<html>") },
            { client in
                #expect(await error { _ = try await client.list(ConfigMap.self) }?.code == .decoding)
                #expect(await error { _ = try await client.rawList(ConfigMap.definition) }?.code == .decoding)
            })
    }

    @Test func emptyListsMayBeNull() async throws {
        try await withServer(
            .none, { _, _ in ScriptedServer.answer(200, #"{"metadata":{"resourceVersion":"7"},"items":null}"#) },
            { client in
                #expect(try await client.list(ConfigMap.self).items.isEmpty)
                let raw = try await client.rawList(ConfigMap.definition)
                #expect(raw == RawList(metadata: ListMeta(resourceVersion: "7"), items: []))
            })
    }

    @Test func anExpiredPageBeginsAnew() async throws {
        let requests = try await withServer(
            .none,
            { request, _ in
                if request.line.contains("continue=t1") {
                    return ScriptedServer.answer(410, #"{"kind":"Status","reason":"Expired","code":410}"#)
                }
                let next = request.line.contains("limit=2") ? #","continue":"t1""# : ""
                return ScriptedServer.answer(
                    200, #"{"metadata":{"resourceVersion":"7"\#(next)},"items":[{"metadata":{"name":"a"}}]}"#)
            },
            { client in
                let list = try await client.listAll(ConfigMap.self, pageSize: 2)
                #expect(list.items.map(\.metadata.name) == ["a"])
            })
        #expect(requests.count == 3)
        #expect(requests.last?.line == "GET /api/v1/configmaps HTTP/1.1")
    }

    private func watch(
        _ pieces: [String], _ body: (WatchStream<ConfigMap>) async throws -> Void
    ) async throws {
        let requests = try await withServer(
            .none, { _, _ in pieces },
            { client in
                try await body(
                    try await client.watch(
                        ConfigMap.self, namespace: "n", options: WatchOptions(resourceVersion: "5")))
            })
        let line = try #require(requests.first?.line)
        #expect(line.contains("watch=true") && line.contains("resourceVersion=5"))
        #expect(line.contains("allowWatchBookmarks=true"))
        let timeout = try #require(line.firstMatch(of: /timeoutSeconds=(\d+)/))
        #expect((300...600).contains(try #require(Int(timeout.1))))
    }

    @Test func aWatchIsReadHoweverItIsCutIntoChunks() async throws {
        let added = #"{"type":"ADDED","object":{"metadata":{"name":"a","resourceVersion":"6"},"data":{"k":"\n\"}é"}}}"#
        let bookmark = #"{"type":"BOOKMARK","object":{"kind":"ConfigMap","metadata":{"resourceVersion":"9"}}}"#
        let unknown = #"{"type":"SURPRISE","object":{}}"#
        let text = "\(added)\n\n\(unknown)\n\(bookmark)\n"
        let cut = text.index(text.startIndex, offsetBy: 31)
        try await watch(ScriptedServer.chunks([String(text[..<cut]), String(text[cut...])])) { stream in
            var events: [WatchEvent<ConfigMap>] = []
            for try await event in stream { events.append(event) }
            #expect(events.count == 2)
            guard case .added(let object) = events.first else {
                Issue.record("no object")
                return
            }
            #expect(object.data == ["k": "\n\"}é"])
            #expect(events.last == .bookmark(resourceVersion: "9"))
        }
    }

    @Test func aWatchCutInALineIsLostAndInBetweenOver() async throws {
        let line = #"{"type":"ADDED","object":{"metadata":{"name":"a"}}}"# + "\n"
        try await watch(ScriptedServer.chunks([line, String(line.dropLast(9))])) { stream in
            var count = 0
            let lost = await error { for try await _ in stream { count += 1 } }
            #expect(count == 1)
            #expect(lost?.code == .transport)
            #expect(lost?.isRetriable == true)
        }
        // The connection breaks without the end of the body.
        try await watch(ScriptedServer.chunks([line, String(line.dropLast(9))], isWhole: false)) { stream in
            var count = 0
            let lost = await error { for try await _ in stream { count += 1 } }
            #expect(count == 1)
            #expect(lost?.code == .transport)
        }
    }

    @Test func anErrorEventIsThrown() async throws {
        let error410 = #"{"type":"ERROR","object":{"kind":"Status","reason":"Expired","code":410,"message":"too old"}}"#
        try await watch(ScriptedServer.chunks([error410 + "\n"])) { stream in
            let expired = await error { for try await _ in stream {} }
            #expect(expired?.isExpired == true)
        }
        try await watch(ScriptedServer.chunks(["{\"type\":\"ADDED\"}\n"])) { stream in
            #expect(await error { for try await _ in stream {} }?.code == .decoding)
        }
    }

    @Test func aRefusedWatchIsThrownAtOnce() async throws {
        try await withServer(
            .none,
            { _, _ in ScriptedServer.answer(410, #"{"kind":"Status","reason":"Gone","code":410,"message":"gone"}"#) },
            { client in
                let refused = await error { _ = try await client.watch(ConfigMap.self) }
                #expect(refused?.isGone == true)
            })
    }

    @Test func anUnreachableServerIsToldWithItsAddress() async throws {
        let server = try ScriptedServer { _, _ in [] }
        server.stop()
        let client = try KubernetesClient(ClusterConfiguration(server: server.url))
        let refused = try #require(await error { _ = try await client.serverVersion() })
        #expect(refused.code == .transport && refused.isRetriable && !refused.requestWasSent)
        #expect(refused.message.contains(server.url))
        await client.shutdown()
    }
}
