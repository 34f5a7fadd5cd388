import HTTPTypes

/// Which fields of a head go on to the other side: RFC 9110, 7.6.1.
enum ProxyHeaders {
    /// Of the connection, or made anew by client and server here.
    private static let own: Set<String> = [
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "content-length", "expect", "host", "date",
    ]

    /// What a request to the Bot API has of the bot's. Nothing is said of the codings that the bot takes: the gateway looks
    /// into answers.
    private static let request: Set<String> = [
        "content-type", "accept", "user-agent", "range", "if-range", "if-none-match", "if-modified-since",
    ]

    static func forRequest(_ headers: HTTPHeaders) -> HTTPHeaders {
        filter(headers) { request.contains($0) }
    }

    static func forAnswer(_ headers: HTTPHeaders) -> HTTPHeaders {
        let named = Set(
            headers.values("Connection").flatMap { $0.split(separator: ",") }.map {
                String($0.filter { $0 != " " }).lowercased()
            })
        return filter(headers) { !own.contains($0) && !named.contains($0) }
    }

    private static func filter(_ headers: HTTPHeaders, _ isWanted: (String) -> Bool) -> HTTPHeaders {
        var wanted = HTTPHeaders()
        for (name, value) in headers.fields where isWanted(name.lowercased()) { wanted.append(name, value) }
        return wanted
    }
}
