import CCurl

extension Transfer {
    /// Tells libcurl whom to call. All calls come on the loop's thread, from within libcurl's own calls there.
    func setCallbacks() throws(HTTPClientError) {
        try unsafe handle.set(CURLOPT_HEADERFUNCTION, callback: receiveHeader)
        try unsafe handle.set(CURLOPT_WRITEFUNCTION, callback: receiveBody)
        try unsafe handle.set(CURLOPT_READFUNCTION, callback: sendBody)
        try unsafe handle.set(beforeRequest: beforeRequest)
    }

    /// The transfer libcurl's callbacks were given; the loop holds it as long as libcurl can call.
    @unsafe static func of(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        guard let context = unsafe context else { return nil }
        return unsafe Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
    }
}

/// Any other number than that of the bytes makes libcurl end the transfer.
private let refused = 0

private func receiveHeader(
    _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let transfer = unsafe Transfer.of(context) else { return refused }
    transfer.lastActivity = .now
    let line = unsafe UnsafeRawBufferPointer(start: data, count: size * count)
    switch unsafe transfer.parser.take(line: line) {
    case .incomplete: return size * count
    case .complete(let head): return transfer.exchange.receive(head) ? size * count : refused
    case .invalid:
        transfer.exchange.finish(
            HTTPClientError(.invalidResponse, "\(transfer.exchange.peer) sent a malformed or endless response head"))
        return refused
    }
}

private func receiveBody(
    _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let transfer = unsafe Transfer.of(context) else { return refused }
    guard size * count > 0 else { return 0 }
    transfer.lastActivity = .now
    let bytes = unsafe [UInt8](UnsafeRawBufferPointer(start: data, count: size * count))
    switch transfer.exchange.receive(bytes) {
    case .taken: return size * count
    case .paused:
        transfer.paused |= CURLPAUSE_RECV
        return Int(CURL_WRITEFUNC_PAUSE)
    case .refused: return refused
    }
}

private func sendBody(
    _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let transfer = unsafe Transfer.of(context), let data = unsafe data else { return Int(CURL_READFUNC_ABORT) }
    switch transfer.exchange.takeUpload(size * count) {
    case .bytes(let bytes):
        transfer.lastActivity = .now
        unsafe UnsafeMutableRawBufferPointer(start: data, count: size * count).copyBytes(from: bytes)
        return bytes.count
    case .paused:
        transfer.paused |= CURLPAUSE_SEND
        return Int(CURL_READFUNC_PAUSE)
    case .end: return 0
    case .broken: return Int(CURL_READFUNC_ABORT)
    }
}

private func beforeRequest(
    _ context: UnsafeMutableRawPointer?, _ peer: UnsafeMutablePointer<CChar>?, _ local: UnsafeMutablePointer<CChar>?,
    _ peerPort: CInt, _ localPort: CInt
) -> CInt {
    guard let transfer = unsafe Transfer.of(context), transfer.exchange.beginSending() else {
        return CInt(CURL_PREREQFUNC_ABORT)
    }
    return CInt(CURL_PREREQFUNC_OK)
}
