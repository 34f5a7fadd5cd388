import Concurrency
import Dispatch
import Glibc

/// One run of a program to its end, output collected.
struct ProgramRun: Sendable {
    /// The most that is taken of standard output, and a sixteenth of it of standard error.
    static let largestOutput = 1 << 20

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let exitCode: Int32
    let output: [UInt8]
    /// Its beginning.
    let errorOutput: [UInt8]

    /// Runs the program with an empty standard input, in a process group of its own that is killed when the time is up
    /// or the output too large. Blocks a thread of Dispatch's, none of Swift's.
    static func run(
        _ command: String, _ arguments: [String], environment: [String: String], timeout: Duration
    ) async throws -> ProgramRun {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    with: Result { try runBlocking(command, arguments, environment: environment, timeout: timeout) })
            }
        }
    }

    private static func runBlocking(
        _ command: String, _ arguments: [String], environment: [String: String], timeout: Duration
    ) throws -> ProgramRun {
        let output = try Pipe()
        let errors = try Pipe()
        defer {
            output.closeAll()
            errors.closeAll()
        }
        let pid = try spawn(command, arguments, environment: environment, output: output.write, errors: errors.write)
        output.closeWrite()
        errors.closeWrite()
        let outcome = Result { try collect(output, errors, until: ContinuousClock.now + timeout, timeout) }
        // Whoever is left of the group, also when the program itself has ended.
        kill(-pid, SIGKILL)
        var status: Int32 = 0
        while unsafe waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let (bytes, errorBytes) = try outcome.get()
        let signal = status & 0x7f
        return ProgramRun(
            exitCode: signal == 0 ? (status >> 8) & 0xff : 128 + signal, output: bytes, errorOutput: errorBytes)
    }

    /// Reads both pipes to their ends.
    private static func collect(
        _ output: Pipe, _ errors: Pipe, until deadline: ContinuousClock.Instant, _ timeout: Duration
    ) throws -> ([UInt8], [UInt8]) {
        var collected: [[UInt8]] = [[], []]
        var files = [output.read, errors.read]
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while files[0] >= 0 || files[1] >= 0 {
            let left = (deadline - ContinuousClock.now).milliseconds
            guard left > 0 else { throw Failure(description: "it did not end within \(timeout)") }
            var polled = files.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard unsafe poll(&polled, 2, Int32(min(left, 60_000))) > 0 else { continue }
            for index in 0..<2 where polled[index].revents != 0 {
                let count = unsafe Glibc.read(files[index], &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    files[index] = -1
                    continue
                }
                let limit = index == 0 ? largestOutput : largestOutput / 16
                guard collected[index].count + count <= limit else {
                    // What it complains of at length is cut, a credential of that size is none.
                    if index == 1 { continue }
                    throw Failure(description: "it wrote more than \(limit) bytes")
                }
                collected[index] += buffer[..<count]
            }
        }
        return (collected[0], collected[1])
    }

    private static func spawn(
        _ command: String, _ arguments: [String], environment: [String: String], output: Int32, errors: Int32
    ) throws -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        unsafe posix_spawn_file_actions_init(&actions)
        defer { unsafe posix_spawn_file_actions_destroy(&actions) }
        unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, errors, 2)

        // What this process ignores or blocks must not be inherited.
        var attributes = posix_spawnattr_t()
        unsafe posix_spawnattr_init(&attributes)
        defer { unsafe posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))

        var argv = unsafe ([command] + arguments).map { unsafe strdup($0) } + [nil]
        var variables = unsafe environment.map { unsafe strdup("\($0.key)=\($0.value)") } + [nil]
        defer { unsafe (argv + variables).forEach { unsafe free($0) } }
        var pid = pid_t()
        let result = unsafe posix_spawnp(&pid, command, &actions, &attributes, &argv, &variables)
        guard result == 0 else { throw Failure(description: unsafe String(cString: strerror(result))) }
        return pid
    }

    /// A pipe whose ends are closed once.
    private final class Pipe {
        let read: Int32
        private(set) var write: Int32

        init() throws {
            var ends: [Int32] = [-1, -1]
            guard unsafe pipe(&ends) == 0 else {
                throw Failure(description: "no pipe: \(unsafe String(cString: strerror(errno)))")
            }
            // Another program started at the same time must not keep them open.
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            read = ends[0]
            write = ends[1]
        }

        func closeWrite() {
            if write >= 0 { close(write) }
            write = -1
        }

        func closeAll() {
            closeWrite()
            close(read)
        }
    }
}
