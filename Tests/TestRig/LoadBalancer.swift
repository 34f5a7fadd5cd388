import Foundation

/// haproxy in front of the replicas of a server, as a Kubernetes Service is: a replica that says it is not ready gets no new
/// requests, and those under way there go on.
package final class LoadBalancer: Sendable {
    /// One of the replicas, all on loopback.
    package struct Replica: Sendable {
        package let port: UInt16
        /// Where `/ready` is asked for, five times a second.
        package let healthPort: UInt16

        package init(port: UInt16, healthPort: UInt16) {
            self.port = port
            self.healthPort = healthPort
        }
    }

    private let folder: String
    private let process: ChildProcess

    private init(folder: String, process: ChildProcess) {
        self.folder = folder
        self.process = process
    }

    /// Listens on `port`, and runs until ``stop()``.
    package static func start(port: UInt16, replicas: [Replica]) throws -> LoadBalancer {
        let folder = try TestFolder.make("balancer")
        let servers = replicas.enumerated().map { index, replica in
            "  server r\(index) 127.0.0.1:\(replica.port) check port \(replica.healthPort) inter 200ms fall 1 rise 1"
        }
        let text = """
            defaults
              mode http
              timeout connect 2s
              timeout client 70s
              timeout server 70s
              timeout queue 5s
            listen replicas
              bind 127.0.0.1:\(port)
              balance roundrobin
              option httpchk GET /ready
              option redispatch
              retries 3
            \(servers.joined(separator: "\n"))

            """
        try text.write(toFile: "\(folder)/haproxy.cfg", atomically: true, encoding: .utf8)
        return LoadBalancer(
            folder: folder,
            process: try ChildProcess(
                // Debian puts it where not every `PATH` leads.
                "/usr/sbin/haproxy", ["-db", "-q", "-f", "\(folder)/haproxy.cfg"],
                log: TestFolder.logFile("haproxy", in: folder)))
    }

    package func stop() async {
        await process.terminate()
        TestFolder.remove(folder)
    }
}
