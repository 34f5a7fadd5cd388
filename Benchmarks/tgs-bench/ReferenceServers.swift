import Foundation
import PlatformAPI
import TestRig

/// The servers beside which the gateway is measured.
enum ReferenceServers {
    /// nginx that answers every request with a constant 200, in two processes on one port.
    static func startNginx(in folder: String) async throws -> (processes: [ChildProcess], url: String) {
        let port = try LoopbackPort.free()
        var processes: [ChildProcess] = []
        for number in 1...2 {
            let own = "\(folder)/nginx-\(number)"
            try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
            // Without a master process each dies with this program.
            try """
            daemon off; master_process off; pid nginx.pid; error_log stderr;
            events { worker_connections 4096; }
            http {
                access_log off; keepalive_requests 1000000000; client_body_temp_path body;
                proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
                server { listen 127.0.0.1:\(port) reuseport; location / { return 200 "ok"; } }
            }
            """.write(toFile: "\(own)/nginx.conf", atomically: true, encoding: .utf8)
            processes.append(
                try ChildProcess(
                    "/usr/sbin/nginx", ["-p", own, "-e", "stderr", "-c", "\(own)/nginx.conf"],
                    log: TestFolder.logFile("nginx-\(number)", in: folder)))
        }
        let url = "http://127.0.0.1:\(port)/webhook/bot_1"
        try await waitUntilAnswering(url, processes)
        return (processes, url)
    }

    /// The least libmicrohttpd can do.
    static func startBareServer(
        _ program: String, in folder: String
    ) async throws -> (process: ChildProcess, url: String) {
        let port = try LoopbackPort.free()
        let process = try ChildProcess(program, ["\(port)"], log: TestFolder.logFile("bare-mhd", in: folder))
        let url = "http://127.0.0.1:\(port)/webhook/bot_1"
        try await waitUntilAnswering(url, [process])
        return (process, url)
    }

    /// The gateway of `Benchmarks/peers/fastapi-aiokafka`.
    /// - Parameters:
    ///   - python: an interpreter that has its packages.
    ///   - topic: where it puts the bot's updates.
    static func startPeer(
        _ python: String, workers: Int, bot: BotID, secret: String, topic: String, brokers: String, in folder: String
    ) async throws -> (process: ChildProcess, url: String) {
        let port = try LoopbackPort.free()
        let bots = try JSONEncoder().encode([bot.description: ["secret": secret, "topic": topic]])
        let process = try ChildProcess(
            python,
            [
                "-B", "-m", "uvicorn", "gateway:app", "--host", "127.0.0.1", "--port", "\(port)", "--workers",
                "\(workers)", "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "warning",
            ],
            environment: [
                "PATH": "/usr/bin:/bin", "HOME": folder, "PYTHONDONTWRITEBYTECODE": "1", "KAFKA_BROKERS": brokers,
                "BOTS": String(decoding: bots, as: UTF8.self),
            ],
            workingDirectory: "\(ProjectFolder.path)/Benchmarks/peers/fastapi-aiokafka",
            log: TestFolder.logFile("peer-\(workers)", in: folder))
        let server = "http://127.0.0.1:\(port)"
        try await waitUntilAnswering("\(server)/health", [process], body: nil, within: .seconds(60))
        return (process, "\(server)\(bot.webhookPath)")
    }

    private static func waitUntilAnswering(
        _ url: String, _ processes: [ChildProcess], body: String? = "{}", within limit: Duration = .seconds(20)
    ) async throws {
        try await eventually("\(url) answers", within: limit) {
            for process in processes where !process.isRunning {
                throw LoadGenerator.Failure(description: process.logTail())
            }
            let data = body.map { ["-d", $0] } ?? []
            return try await Command("curl", ["-sS", "--fail", "--noproxy", "*"] + data + [url]).run().succeeded
        }
    }
}
