import HTTPTypes

/// Whether a request's head is accepted, beyond what libmicrohttpd itself refuses.
enum HeadCheck {
    /// What to do with the request.
    enum Verdict: Equatable {
        /// Read its body; so many bytes have been announced, 0 when none or unknown.
        case body(length: Int)
        /// Answer at once and close the connection.
        case refuse(HTTPStatus, String)
    }

    /// libmicrohttpd would check for Host, too, when told to, but its answer to that comes with a second head in its body
    /// (0.9.75).
    ///
    /// - Parameters:
    ///   - version: as in the request line: "HTTP/1.1".
    ///   - maxHeaderBytes: for the target and all fields together.
    ///   - maxBodyBytes: for an announced body.
    static func verdict(
        target: String, version: String, headers: HTTPHeaders, maxHeaderBytes: Int, maxBodyBytes: Int
    ) -> Verdict {
        var size = target.utf8.count
        var (hosts, codings) = (0, 0)
        var (coding, length): (String?, String?) = (nil, nil)
        var areLengthsEqual = true
        for (name, value) in headers.fields {
            // Each field came with ": " and a line end.
            size += name.utf8.count + value.utf8.count + 4
            if HTTPHeaders.same(name, "Host") {
                hosts += 1
            } else if HTTPHeaders.same(name, "Content-Length") {
                areLengthsEqual = areLengthsEqual && (length ?? value) == value
                length = value
            } else if HTTPHeaders.same(name, "Transfer-Encoding") {
                codings += 1
                coding = value
            }
        }
        if size > maxHeaderBytes {
            return .refuse(HTTPStatus(rawValue: 431), "the request's head is too large")
        }
        if hosts > 1 || (hosts == 0 && version == "HTTP/1.1") {
            return .refuse(.badRequest, "a request has one Host field")
        }
        if target.utf8.contains(UInt8(ascii: " ")) { return .refuse(.badRequest, "the target has a space in it") }
        // Two servers in a row that understand the end of a body differently take a part of one request for another
        // (RFC 9112 section 11.2). So what is ambiguous is not served.
        if let coding {
            guard codings == 1, coding.lowercased() == "chunked" else {
                return .refuse(HTTPStatus(rawValue: 501), "the only transfer coding known here is chunked")
            }
            return length == nil
                ? .body(length: 0) : .refuse(.badRequest, "both Content-Length and Transfer-Encoding are given")
        }
        guard let text = length else { return .body(length: 0) }
        guard areLengthsEqual, text.utf8.allSatisfy(isDigit), let length = Int(text) else {
            return .refuse(.badRequest, "Content-Length is no number, or there are several")
        }
        return length <= maxBodyBytes ? .body(length: length) : .refuse(.payloadTooLarge, "the body is too large")
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
