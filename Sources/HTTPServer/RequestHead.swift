import CMicrohttpd
import HTTPTypes

/// Reads a request's head out of libmicrohttpd.
enum RequestHead {
    static func headers(of connection: OpaquePointer) -> HTTPHeaders {
        var headers = HTTPHeaders()
        headers.reserveCapacity(12)
        unsafe withUnsafeMutablePointer(to: &headers) { pointer in
            _ = unsafe MHD_get_connection_values_n(connection, cmhd_header_kind, appendHeader, pointer)
        }
        return headers
    }
}

private func appendHeader(
    _ context: UnsafeMutableRawPointer?, _ kind: MHD_ValueKind, _ name: UnsafePointer<CChar>?, _ nameSize: Int,
    _ value: UnsafePointer<CChar>?, _ valueSize: Int
) -> MHD_Result {
    guard let context = unsafe context else { return cmhd_no }
    let headers = unsafe context.assumingMemoryBound(to: HTTPHeaders.self)
    unsafe headers.pointee.append(text(name, nameSize), text(value, valueSize))
    return cmhd_yes
}

private func text(_ start: UnsafePointer<CChar>?, _ size: Int) -> String {
    unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : size), as: UTF8.self)
}
