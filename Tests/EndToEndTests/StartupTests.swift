import Foundation
import Glibc
import PlatformAPI
import Simulator
import TestRig
import Testing

/// What operator and gateway say of bad input, and that they wait for what is not there yet.
@Suite(.serialized) struct StartupTests {
    @Test(.timeLimit(.minutes(2))) func aMalformedKubeconfigIsNamed() async throws {
        let folder = try TestFolder.make("startup")
        defer { TestFolder.remove(folder) }
        let file = "\(folder)/broken.yaml"
        try "apiVersion: v1\nclusters: [\n".write(toFile: file, atomically: true, encoding: .utf8)
        let result = try await Command(Platform.program, ["operator", "--kubeconfig", file]).run()
        #expect(result.exit == .code(1))
        #expect(result.diagnostics.contains(file), "\(result.diagnostics)")
        let missing = try await Command(Platform.program, ["operator", "--kubeconfig", "\(folder)/none"]).run()
        #expect(missing.exit == .code(1))
        #expect(missing.diagnostics.contains("\(folder)/none"), "\(missing.diagnostics)")
    }

    @Test(.timeLimit(.minutes(2))) func wrongFlagsAndVariablesAreNamed() async throws {
        let flag = try await Command(Platform.program, ["gateway", "--kafka-broker", "x:1"]).run()
        #expect(flag.exit == .code(2))
        #expect(flag.diagnostics.contains("--kafka-brokers"), "\(flag.diagnostics)")
        let variable = try await Command(
            Platform.program, ["operator"], environment: ["TGS_WORKERS": "many", "PATH": "/usr/bin:/bin"]
        ).run()
        #expect(variable.exit == .code(2))
        #expect(variable.diagnostics.contains("TGS_WORKERS"), "\(variable.diagnostics)")
    }

    @Test(.timeLimit(.minutes(2))) func asManyFilesAsTheSystemAllows() async throws {
        let folder = try TestFolder.make("startup")
        defer { TestFolder.remove(folder) }
        let process = try ChildProcess(
            "/bin/bash",
            [
                "-c", "ulimit -Sn 300; exec \"$0\" simulator --host 127.0.0.1 --api-port 0 --control-port 0",
                Platform.program,
            ], environment: ["PATH": "/usr/bin:/bin"], log: "\(folder)/simulator.log")
        try await eventually("the simulator serves") {
            let log = process.logTail()
            return log.contains(#""message":"simulator listens""#) ? nil : log
        }
        try await eventually("the soft limit is the hard one") {
            let limits = try String(contentsOfFile: "/proc/\(process.pid)/limits", encoding: .utf8)
            let line = limits.split(separator: "\n").first { $0.hasPrefix("Max open files") } ?? ""
            let values = line.split(separator: " ").compactMap { Int($0) }
            return values.count == 2 && values[0] == values[1] ? nil : "\(line)"
        }
        #expect(await process.terminate() == .code(0))
    }

    @Test(.timeLimit(.minutes(3))) func theOperatorWaitsForAnAPIServerAndSaysSo() async throws {
        let folder = try TestFolder.make("startup")
        defer { TestFolder.remove(folder) }
        let file = "\(folder)/kubeconfig"
        let port = try LoopbackPort.free()
        try #"""
        {"apiVersion":"v1","kind":"Config","clusters":[{"name":"c","cluster":{"server":"http://127.0.0.1:\#(port)"}}],
         "users":[{"name":"u","user":{}}],"contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],
         "current-context":"c"}
        """#.write(toFile: file, atomically: true, encoding: .utf8)
        let process = try ChildProcess(
            Platform.program, ["operator", "--kubeconfig", file, "--host", "127.0.0.1", "--health-port", "0"],
            environment: ["PATH": "/usr/bin:/bin"], log: "\(folder)/operator.log")
        try await eventually("the operator says what it waits for") {
            let log = process.logTail()
            return log.contains(#""message":"waiting""#) && log.contains("127.0.0.1:\(port)") ? nil : log
        }
        #expect(process.isRunning)
        #expect(await process.terminate() == .code(0))
    }

    @Test(.timeLimit(.minutes(4))) func theOperatorWaitsForItsCRDs() async throws {
        let controlPlane = try await ControlPlane.start()
        let folder = try TestFolder.make("startup")
        defer { TestFolder.remove(folder) }
        let process = try ChildProcess(
            Platform.program,
            [
                "operator", "--kubeconfig", try controlPlane.kubeconfigPath, "--host", "127.0.0.1", "--health-port",
                "0",
            ], environment: ["PATH": "/usr/bin:/bin"], log: "\(folder)/operator.log")
        try await eventually("the operator says that the CRDs are missing") {
            let log = process.logTail()
            return log.contains("telegrambots") && log.contains(#""message":"waiting""#) ? nil : log
        }
        #expect(process.isRunning)
        for name in ["telegrambots", "telegramgateways"] {
            try await controlPlane.applyCRDs("\(Platform.packageRoot)/crds/\(name).yaml")
        }
        try await eventually("the operator goes on by itself") {
            let log = process.logTail()
            return log.contains("reconciling begins") ? nil : log
        }
        #expect(await process.terminate() == .code(0))
        await controlPlane.stop()
    }

    @Test(.timeLimit(.minutes(3))) func theGatewayWaitsForItsBrokerAndSaysSo() async throws {
        let controlPlane = try await ControlPlane.start()
        let folder = try TestFolder.make("startup")
        defer { TestFolder.remove(folder) }
        let port = try LoopbackPort.free()
        let process = try ChildProcess(
            Platform.program,
            [
                "gateway", "--kubeconfig", try controlPlane.kubeconfigPath, "--name", "main", "--kafka-brokers",
                "127.0.0.1:\(port)", "--host", "127.0.0.1", "--webhook-port", "0", "--proxy-port", "off",
                "--health-port", "0", "--drain-delay", "1ms",
            ], environment: ["PATH": "/usr/bin:/bin"], log: "\(folder)/gateway.log")
        try await eventually("the gateway says what it waits for") {
            let log = process.logTail()
            return log.contains("waiting for Kafka") && log.contains("127.0.0.1:\(port)") ? nil : log
        }
        #expect(process.isRunning)
        let broker = try await KafkaBroker.start(port: port)
        try await eventually("the gateway goes on by itself") {
            let log = process.logTail()
            return log.contains("Kafka answers") ? nil : log
        }
        #expect(await process.terminate(patience: .seconds(40)) == .code(0))
        await broker.remove()
        await controlPlane.stop()
    }

    @Test(.timeLimit(.minutes(3))) func theGatewayRefusesWhatItCannotKeep() async throws {
        try await Platform.with { platform in
            let bot = try await platform.makeBot("safe")
            try await platform.apply(Platform.manifest("safe"))
            try await platform.waitFor(.ready, of: "safe", "True/Ready")
            let secret = try platform.simulator.state(of: bot.id).webhook?.secretToken ?? ""
            let url = "http://127.0.0.1:\(platform.webhookPort)/webhook/bot_\(bot.id)"
            func post(_ url: String, secret: String, body: String, file: Bool = false) async throws -> String {
                try await Command(
                    "curl",
                    [
                        "-s", "-o", "/dev/null", "-w", "%{http_code}", "-m", "20", url, "-H",
                        "X-Telegram-Bot-Api-Secret-Token: \(secret)", "-H", "Expect:", "--data-binary", "@-",
                    ], input: Array(body.utf8)
                ).run().text
            }
            func update(_ id: Int) -> String {
                #"{"update_id":\#(id),"message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"text":"x"}}"#
            }
            try await platform.eventually("the gateway has the binding") {
                let code = try await post(url, secret: secret, body: update(1))
                return code == "200" ? nil : code
            }
            #expect(try await post(url, secret: "wrong", body: update(1)) == "401")
            #expect(
                try await post(url.replacingOccurrences(of: "bot_", with: "bot_9"), secret: secret, body: update(1))
                    == "404")
            #expect(try await post(url, secret: secret, body: "this is not JSON") == "200")
            #expect(try await post(url, secret: secret, body: String(repeating: "x", count: 2 << 20)) == "413")
            await platform.broker.stop()
            #expect(try await post(url, secret: secret, body: update(2)) == "503")
            // That one is safe.
            #expect(try await post(url, secret: secret, body: update(1)) == "200")
            try await platform.broker.restart()
            try await platform.eventually("the gateway takes updates again") {
                let code = try await post(url, secret: secret, body: update(2))
                return code == "200" ? nil : code
            }
        }
    }

    private func eventually(_ what: String, _ check: () throws -> String?) async throws {
        let deadline = ContinuousClock.now + .seconds(60)
        var last = ""
        while ContinuousClock.now < deadline {
            guard let problem = try check() else { return }
            last = problem
            try await Task.sleep(for: .milliseconds(100))
        }
        throw Platform.NotInTime(description: "not in time: \(what); last: \(last)")
    }
}
