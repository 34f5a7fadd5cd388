import Concurrency
import Foundation
import Glibc

/// A program started by a test: its output goes to a file, it is signalled by its process id only, and the kernel kills
/// it when the test process dies, however that happens.
package final class ChildProcess: Sendable {
    /// How a process ended.
    package enum Exit: Sendable, Equatable {
        case code(Int32)
        case signal(Int32)
    }

    /// Why a program could not be started.
    package struct StartError: Error, CustomStringConvertible {
        package let description: String
    }

    private struct State {
        var exit: Exit?
        var waiting: [CheckedContinuation<Exit, Never>] = []
    }

    /// The process id. Valid for ``signal(_:)`` only: the number may belong to another process after the end.
    package let pid: Int32
    /// The program's name, for messages.
    package let name: String
    /// The file that takes standard output and standard error.
    package let logFile: String
    private let state = Locked(State())

    /// Starts `executable`.
    /// - Parameters:
    ///   - executable: a path, or a name looked up in `PATH`.
    ///   - environment: the whole environment; this process's own when `nil`.
    ///   - log: a path; appended to, made with its folders when it is not there.
    package init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String]? = nil,
        workingDirectory: String? = nil, log: String
    ) throws {
        name = (executable as NSString).lastPathComponent
        logFile = log
        try FileManager.default.createDirectory(
            atPath: (log as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        let inDirectory = workingDirectory.map { ["env", "--chdir=\($0)"] } ?? []
        let command = ["setpriv", "--pdeathsig", "KILL", "--"] + inDirectory + [executable] + arguments
        let environment = (environment ?? ProcessInfo.processInfo.environment).map { "\($0.key)=\($0.value)" }
        pid = try SpawningThread.shared.run {
            try Self.spawn(command, environment: environment, log: log)
        }
        let pid = pid
        let state = state
        Thread { Self.reap(pid, into: state) }.start()
    }

    /// `nil` while the process runs.
    package var exit: Exit? { state.withLock { $0.exit } }

    package var isRunning: Bool { exit == nil }

    /// Sends a signal; `false` when the process has ended.
    @discardableResult
    package func signal(_ number: Int32) -> Bool {
        // Under the lock, because the reaper frees the process id under it.
        state.withLock { $0.exit == nil && kill(pid, number) == 0 }
    }

    /// Stops the process's clock until SIGCONT, and returns when it stands still. The signal alone does not do that: on a busy
    /// machine the other threads go on until the one that was chosen to act on it gets a processor.
    package func freeze() {
        guard signal(SIGSTOP) else { return }
        let deadline = ContinuousClock.now + .seconds(20)
        while isRunning, !isFrozen, ContinuousClock.now < deadline { usleep(500) }
    }

    /// Whether all threads are stopped (proc(5): state "T").
    private var isFrozen: Bool {
        let folder = "/proc/\(pid)/task"
        let threads = Result { try FileManager.default.contentsOfDirectory(atPath: folder) }
        guard case .success(let threads) = threads else { return false }
        return threads.allSatisfy { thread in
            guard let data = TestFolder.read("\(folder)/\(thread)/stat") else { return true }
            // The name, in brackets, may hold anything.
            let rest = String(decoding: data, as: UTF8.self).split(separator: ")").last ?? ""
            return rest.split(separator: " ").first == "T"
        }
    }

    /// Waits for the process's end.
    package func wait() async -> Exit {
        await withCheckedContinuation { continuation in
            let exit = state.withLock { state -> Exit? in
                if state.exit == nil { state.waiting.append(continuation) }
                return state.exit
            }
            if let exit { continuation.resume(returning: exit) }
        }
    }

    /// Sends `signal`, and SIGKILL when the process has not ended within `patience`.
    @discardableResult
    package func terminate(signal number: Int32 = SIGTERM, patience: Duration = .seconds(10)) async -> Exit {
        signal(number)
        let killer = Task.detached {
            if await sleepUnlessCancelled(for: patience) { self.signal(SIGKILL) }
        }
        let exit = await wait()
        killer.cancel()
        return exit
    }

    /// The last lines of what the program wrote, for failure messages.
    package func logTail(lines: Int = 30) -> String {
        guard let data = TestFolder.read(logFile) else { return "(no output)" }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").suffix(lines).joined(separator: "\n")
    }

    /// `posix_spawn_file_actions_addclosefrom_np`, which the header hides from Swift; in glibc since 2.34.
    private static let closeInherited = dlsym(
        UnsafeMutableRawPointer(bitPattern: 0), "posix_spawn_file_actions_addclosefrom_np"
    )
    .map {
        unsafeBitCast(
            $0, to: (@convention(c) (UnsafeMutablePointer<posix_spawn_file_actions_t>, Int32) -> Int32).self)
    }

    private static func spawn(_ command: [String], environment: [String], log: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // A socket of this process that a child holds as well stays open when this process closes it.
        _ = closeInherited?(&actions, 3)

        // What this process ignores or blocks (SIGTERM, SIGPIPE) must not be inherited.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

        var arguments = command.map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { (arguments + variables).forEach { free($0) } }
        var pid = pid_t()
        let result = posix_spawnp(&pid, command[0], &actions, &attributes, &arguments, &variables)
        guard result == 0 else {
            throw StartError(description: "\(command.joined(separator: " ")): \(String(cString: strerror(result)))")
        }
        return pid
    }

    private static func reap(_ pid: pid_t, into state: Locked<State>) {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
        let (exit, waiting) = state.withLock { state in
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
            let exit: Exit = status & 0x7f == 0 ? .code((status >> 8) & 0xff) : .signal(status & 0x7f)
            state.exit = exit
            defer { state.waiting = [] }
            return (exit, state.waiting)
        }
        waiting.forEach { $0.resume(returning: exit) }
    }
}

/// The one thread that starts processes. A parent-death signal is sent when the starting *thread* ends, and threads of
/// the concurrency pool come and go.
private final class SpawningThread: Sendable {
    static let shared = SpawningThread()

    private let jobs = Locked<[@Sendable () -> Void]>([])
    private let available = DispatchSemaphore(value: 0)

    private init() {
        let thread = Thread { [jobs, available] in
            while true {
                available.wait()
                let job = jobs.withLock { $0.removeFirst() }
                job()
            }
        }
        thread.name = "spawner"
        thread.start()
    }

    func run(_ body: @escaping @Sendable () throws -> pid_t) throws -> pid_t {
        let result = Locked<Result<pid_t, any Error>?>(nil)
        let done = DispatchSemaphore(value: 0)
        jobs.withLock {
            $0.append {
                let outcome = Result { try body() }
                result.withLock { $0 = outcome }
                done.signal()
            }
        }
        available.signal()
        done.wait()
        guard let outcome = result.withLock({ $0 }) else { throw ChildProcess.StartError(description: "not started") }
        return try outcome.get()
    }
}
