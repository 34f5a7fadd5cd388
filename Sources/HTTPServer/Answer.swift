import CMicrohttpd
import HTTPTypes
import Observability

/// Hands an answer to libmicrohttpd.
enum Answer {
    /// Called on the connection's thread. `MHD_NO` makes libmicrohttpd cut the connection.
    static func queue(
        _ answer: HTTPServerResponse, to method: HTTPMethod, on connection: OpaquePointer, engine: Engine
    ) -> MHD_Result {
        if let prepared = answer.prepared, !engine.isEnding, case .bytes(let bytes) = answer.content {
            let response = unsafe prepared.response {
                let response = unsafe copy(bytes)
                if let response = unsafe response { unsafe addHeaders(answer.headers, to: response, engine: engine) }
                return unsafe response
            }
            guard let response = unsafe response else { return cmhd_no }
            return unsafe MHD_queue_response(connection, status(of: answer), response)
        }
        let hasBody = method != .head && ![204, 304].contains(answer.status.rawValue)
        let response: OpaquePointer?
        switch answer.content {
        case .abort: return cmhd_no
        case .bytes(let bytes):
            unsafe response = copy(bytes)
        case .stream(let chunks) where !hasBody:
            // Only the cancellation of who reads it tells a stream's producer to stop.
            Task { for await _ in chunks {} }.cancel()
            unsafe response = withoutBody(length: nil)
        case .pull(let length, next: _) where !hasBody:
            unsafe response = withoutBody(length: length)
        case .stream(let chunks):
            let feed = unsafe StreamFeed(engine: engine, connection: connection, source: .stream(chunks))
            unsafe response = feed.makeResponse(length: nil)
        case .pull(let length, let next):
            let feed = unsafe StreamFeed(engine: engine, connection: connection, source: .pull(next))
            unsafe response = feed.makeResponse(length: length)
        }
        guard let response = unsafe response else { return cmhd_no }
        defer { unsafe MHD_destroy_response(response) }
        // First of all headers: libmicrohttpd forgets what it knows of the others when it comes later (0.9.75).
        if engine.isEnding { unsafe MHD_add_response_header(response, "Connection", "close") }
        unsafe addHeaders(answer.headers, to: response, engine: engine)
        return unsafe MHD_queue_response(connection, status(of: answer), response)
    }

    private static func status(of answer: HTTPServerResponse) -> UInt32 {
        (200...999).contains(answer.status.rawValue) ? UInt32(answer.status.rawValue) : 500
    }

    private static func copy(_ bytes: [UInt8]) -> OpaquePointer? {
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe MHD_create_response_from_buffer(
                bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), cmhd_copy_memory)
        }
    }

    /// A response without a body, in a stream's place. A stream's own would not do: libmicrohttpd sends the end of a body
    /// in chunks even where there is none (0.9.75), and the client would take that for the beginning of the next answer.
    ///
    /// - Parameter length: of the body that GET would have had, where it is known.
    private static func withoutBody(length: Int?) -> OpaquePointer? {
        guard let length else { return unsafe MHD_create_response_from_buffer(0, nil, cmhd_copy_memory) }
        return unsafe MHD_create_response_from_callback(UInt64(length), 1024, readNothing, nil, nil)
    }

    private static func addHeaders(_ headers: HTTPHeaders, to response: OpaquePointer, engine: Engine) {
        let close = headers["Connection"]
        if let close { unsafe MHD_add_response_header(response, "Connection", close) }
        for field in headers.fields {
            switch field.name.lowercased() {
            case "connection", "content-length", "transfer-encoding": continue
            default: break
            }
            // Refused are line feeds, which would let a value add headers or a body.
            if unsafe MHD_add_response_header(response, field.name, field.value) != cmhd_yes {
                engine.logger.debug("left out a header that is not valid", ["header": .string(field.name)])
            }
        }
    }
}

private func readNothing(
    _ context: UnsafeMutableRawPointer?, _ position: UInt64, _ target: UnsafeMutablePointer<CChar>?, _ size: Int
) -> Int {
    cmhd_end_of_stream
}
