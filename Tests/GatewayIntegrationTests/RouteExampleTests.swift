import Foundation
import HTTPClient
import HTTPTypes
import JSON
import PlatformAPI
import TestRig
import Testing

extension GatewayIntegrationTests {
    /// The service of examples/routes-python answers by the contract.
    @Test func theExampleAnswersByTheContract() async throws {
        let folder = try TestFolder.make("example")
        let port = try LoopbackPort.free()
        let service = try ChildProcess(
            "python3", ["\(ProjectFolder.path)/examples/routes-python/main.py"],
            environment: ProcessInfo.processInfo.environment.merging(["PORT": "\(port)"]) { $1 },
            log: TestFolder.logFile("example", in: folder))
        let http = try HTTPClient()
        try await eventually("the example is there") { LoopbackPort.takesConnections(port) }
        func ask(_ path: String, _ request: RouteRequest) async throws -> RouteAnswer {
            let body = Array(try JSONEncoder().encode(request))
            let response = try await http.execute(
                HTTPRequest(
                    .post, "http://127.0.0.1:\(port)\(path)", headers: ["X-Telegram-User-ID": "5"],
                    body: .bytes(body)))
            #expect(response.status == .ok)
            return try JSONDecoder().decode(RouteAnswer.self, from: Data(response.body))
        }
        let menu = try await ask(
            "/start", .command(telegramUserID: 5, command: "start", arguments: nil, requestID: "1"))
        #expect(menu.problem == nil && menu.session == .set("customer-5"))
        let target = try #require(menu.keyboard?.first?.first?.targetUserID)
        let bought = try await ask(
            "/buy", .callback(userID: "customer-5", action: "buy", targetUserID: target, requestID: "2"))
        #expect(bought.problem == nil && bought.edit && bought.text?.contains("customer-5") == true)
        let talk = try await ask("/talk", .text(userID: nil, telegramUserID: 5, message: "Menu?", requestID: "3"))
        #expect(talk.problem == nil && talk.keyboard == menu.keyboard)
        // The same request again is answered as before.
        #expect(try await ask("/buy", .text(userID: nil, telegramUserID: 5, message: "", requestID: "2")) == bought)
        await http.shutdown()
        await service.terminate()
        TestFolder.remove(folder)
    }
}
