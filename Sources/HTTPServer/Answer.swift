import CMicrohttpd
import HTTPTypes
import Observability

/// Hands an answer to libmicrohttpd.
enum Answer {
    /// Called on the connection's thread. `MHD_NO` makes libmicrohttpd cut the connection.
    static func queue(
        _ answer: HTTPServerResponse, to method: HTTPMethod, on connection: OpaquePointer, engine: Engine
    ) -> MHD_Result {
        let response: OpaquePointer?
        switch answer.content {
        case .abort: return cmhd_no
        case .bytes(let bytes):
            unsafe response = bytes.withUnsafeBytes { bytes in
                unsafe MHD_create_response_from_buffer(
                    bytes.count, UnsafeMutableRawPointer(mutating: bytes.baseAddress), cmhd_copy_memory)
            }
        case .stream(let chunks) where method == .head || [204, 304].contains(answer.status.rawValue):
            // For answers without a body libmicrohttpd would send the chunked body's end all the same (0.9.75), which
            // the client would take for the beginning of the next answer.
            Task { for await _ in chunks {} }.cancel()
            unsafe response = MHD_create_response_from_buffer(0, nil, cmhd_copy_memory)
        case .stream(let chunks):
            unsafe response = StreamFeed(engine: engine, connection: connection, chunks: chunks).makeResponse()
        }
        guard let response = unsafe response else { return cmhd_no }
        defer { unsafe MHD_destroy_response(response) }
        // First of all headers: libmicrohttpd forgets what it knows of the others when it comes later (0.9.75).
        if engine.isEnding { unsafe MHD_add_response_header(response, "Connection", "close") }
        unsafe addHeaders(answer.headers, to: response, engine: engine)
        let status = (200...999).contains(answer.status.rawValue) ? answer.status.rawValue : 500
        return unsafe MHD_queue_response(connection, UInt32(status), response)
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
