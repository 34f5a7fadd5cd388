import CMicrohttpd
import Concurrency
import Dispatch
import HTTPTypes
import Observability

/// What libmicrohttpd calls. Its threads are not Swift's: nothing here is isolated to an actor.
enum Callbacks {
    static func install(in settings: inout cmhd_settings) {
        unsafe settings.begin = beginExchange
        unsafe settings.handle = stepExchange
        unsafe settings.complete = completeExchange
        unsafe settings.connection = notifyConnection
        unsafe settings.log = writeLog
    }

    /// The status in what libmicrohttpd says when it refuses by itself what it cannot read, which no request may have become of:
    /// "Error processing request (HTTP response code is 414 ('…')). Closing connection."
    static func refusedStatus(_ line: String) -> HTTPStatus? {
        let beginning = "Error processing request (HTTP response code is "
        guard line.hasPrefix(beginning) else { return nil }
        return Int(line.dropFirst(beginning.count).prefix { $0.isNumber }).map { HTTPStatus(rawValue: $0) }
    }
}

private func engine(_ context: UnsafeMutableRawPointer?) -> Engine? {
    unsafe context.map { unsafe Unmanaged<Engine>.fromOpaque($0).takeUnretainedValue() }
}

/// The request line has come. The exchange it makes is released in `completeExchange`.
private func beginExchange(
    _ context: UnsafeMutableRawPointer?, _ target: UnsafePointer<CChar>?, _ connection: OpaquePointer?
) -> UnsafeMutableRawPointer? {
    guard let engine = unsafe engine(context), let target = unsafe target, let connection = unsafe connection,
        let socketContext = unsafe cmhd_socket_context(connection)
    else { return nil }
    let peer = unsafe Unmanaged<Peer>.fromOpaque(socketContext).takeUnretainedValue()
    peer.expectRequest(within: engine.configuration.requestTimeout)
    engine.exchanges.enter()
    let exchange = unsafe Exchange(
        engine: engine, connection: connection, peer: peer, target: String(cString: target))
    return unsafe Unmanaged.passRetained(exchange).toOpaque()
}

private func stepExchange(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?, _ url: UnsafePointer<CChar>?,
    _ method: UnsafePointer<CChar>?, _ version: UnsafePointer<CChar>?, _ upload: UnsafePointer<CChar>?,
    _ uploadSize: UnsafeMutablePointer<Int>?, _ exchange: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
) -> MHD_Result {
    guard let method = unsafe method, let version = unsafe version, let uploadSize = unsafe uploadSize,
        let pointer = unsafe exchange?.pointee
    else { return cmhd_no }
    return unsafe Unmanaged<Exchange>.fromOpaque(pointer).takeUnretainedValue().step(
        method, version, upload, uploadSize)
}

private func completeExchange(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ exchange: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ reason: MHD_RequestTerminationCode
) {
    guard let engine = unsafe engine(context), let pointer = unsafe exchange?.pointee else { return }
    unsafe exchange?.pointee = nil
    let status = unsafe connection.map { unsafe cmhd_status($0) } ?? 0
    unsafe Unmanaged<Exchange>.fromOpaque(pointer).takeRetainedValue().close(status: Int(status))
    engine.exchanges.leave()
}

private func notifyConnection(
    _ context: UnsafeMutableRawPointer?, _ connection: OpaquePointer?,
    _ slot: UnsafeMutablePointer<UnsafeMutableRawPointer?>?, _ event: MHD_ConnectionNotificationCode
) {
    guard let engine = unsafe engine(context), let connection = unsafe connection, let slot = unsafe slot else {
        return
    }
    if event == cmhd_connection_started {
        let peer = unsafe Peer(connection)
        peer.expect(within: engine.configuration.idleTimeout + engine.configuration.requestTimeout)
        engine.peers.withLock { $0[ObjectIdentifier(peer)] = peer }
        engine.metrics?.connectionOpened()
        unsafe slot.pointee = Unmanaged.passRetained(peer).toOpaque()
    } else if let pointer = unsafe slot.pointee {
        unsafe slot.pointee = nil
        let peer = unsafe Unmanaged<Peer>.fromOpaque(pointer).takeRetainedValue()
        engine.peers.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(peer)) }
        engine.metrics?.connectionClosed()
        engine.state.withLock { $0.acceptor }?.connectionClosed()
    }
}

private func writeLog(_ context: UnsafeMutableRawPointer?, _ line: UnsafePointer<CChar>?) {
    guard let engine = unsafe engine(context), let line = unsafe line else { return }
    var text = unsafe String(cString: line)
    while text.last?.isNewline == true { text.removeLast() }
    engine.lastLine.withLock { $0 = text }
    if let status = Callbacks.refusedStatus(text) { engine.metrics?.refused(Refusal(status)) }
    engine.logger.debug("libmicrohttpd: \(text)")
}
