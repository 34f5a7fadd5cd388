import CMicrohttpd
import Dispatch
import Glibc
import Observability

/// Takes connections from the listening socket and hands them to the daemon.
///
/// libmicrohttpd could do that itself, but its way to stop accepting (`MHD_quiesce_daemon`) aborts the process when one of
/// its threads notices the change at the same moment (0.9.75: both remove the socket from the same epoll set, and the
/// loser panics). Here the socket is simply closed; connections above the limit wait in its queue instead of being
/// dropped; and they are spread evenly over the threads.
///
/// `@unchecked Sendable` is safe: the mutable state is touched on `queue` only.
final class Acceptor: @unchecked Sendable {
    private static let pauseAfterError: DispatchTimeInterval = .milliseconds(100)
    /// How often it is looked for room while all connections are taken.
    private static let roomInterval: DispatchTimeInterval = .milliseconds(100)

    private let descriptor: Int32
    private let limit: Int
    private let daemon: Daemon
    private let logger: Logger
    private let makeRoom: @Sendable () -> Void
    private let queue = DispatchQueue(label: "http-server.accept")
    private let source: any DispatchSourceRead
    private var open = 0
    private var isPaused = false
    /// It is going to be looked for room.
    private var isLooking = false
    private var isStopped = false

    /// - Parameters:
    ///   - limit: connections open at a time.
    ///   - makeRoom: called now and then while connections wait because `limit` are open; closes some of those if it can.
    ///   - closed: called once, when ``stop()`` has closed the socket.
    init(
        _ socket: ListenSocket, limit: Int, daemon: Daemon, logger: Logger, makeRoom: @escaping @Sendable () -> Void,
        closed: @escaping @Sendable () -> Void
    ) {
        descriptor = socket.descriptor
        self.limit = limit
        self.daemon = daemon
        self.logger = logger
        self.makeRoom = makeRoom
        source = DispatchSource.makeReadSource(fileDescriptor: socket.descriptor, queue: queue)
        let descriptor = socket.descriptor
        source.setCancelHandler {
            // Closing alone would leave the port taken while a child process that was started a moment ago still holds
            // its copy.
            _ = shutdown(descriptor, Int32(SHUT_RDWR))
            close(descriptor)
            closed()
        }
        source.setEventHandler { [weak self] in self?.acceptAll() }
        source.activate()
    }

    /// To be called when the daemon has closed a connection.
    func connectionClosed() {
        queue.async { [self] in
            open -= 1
            resume()
        }
    }

    /// Takes what already waits in the socket's queue, then closes it.
    func stop() {
        queue.async { [self] in
            guard !isStopped else { return }
            resume()
            acceptAll()
            // A suspended source could neither be cancelled nor freed.
            resume()
            isStopped = true
            source.cancel()
        }
    }

    private func acceptAll() {
        while !isStopped, !isPaused {
            guard open < limit else {
                pause()
                return findRoom()
            }
            var address = sockaddr_storage()
            var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let connection = unsafe withUnsafeMutableBytes(of: &address) { bytes in
                unsafe cmhd_accept(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &size)
            }
            if connection >= 0 {
                open += 1
                if !daemon.add(connection, address, size) { open -= 1 }
                continue
            }
            switch errno {
            case EAGAIN: return
            case EINTR, ECONNABORTED: continue
            default:
                // Out of descriptors or memory: asking again at once would only burn the processor.
                let reason = unsafe String(cString: strerror(errno))
                logger.info("cannot accept connections for the moment", ["reason": .string(reason)])
                pause()
                queue.asyncAfter(deadline: .now() + Self.pauseAfterError) { [weak self] in self?.resume() }
                return
            }
        }
    }

    /// Looks now and then, as long as all connections are taken, whether one waits that needs room.
    private func findRoom() {
        guard !isLooking, isPaused, !isStopped, open >= limit else { return }
        if hasWaiting { makeRoom() }
        isLooking = true
        queue.asyncAfter(deadline: .now() + Self.roomInterval) { [weak self] in
            self?.isLooking = false
            self?.findRoom()
        }
    }

    /// Whether a connection waits to be taken.
    private var hasWaiting: Bool {
        var question = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&question, 1, 0) > 0
    }

    private func pause() {
        guard !isPaused, !isStopped else { return }
        isPaused = true
        source.suspend()
    }

    private func resume() {
        guard isPaused else { return }
        isPaused = false
        source.resume()
    }
}
