/// A route's pattern taken apart: "/file/bot:token/*path".
struct RoutePattern: Sendable {
    /// One piece between slashes.
    enum Segment: Sendable, Equatable {
        case literal(String)
        /// Anything behind `prefix` that is not empty, under `name`: ":bot" or "bot:token".
        case parameter(prefix: String, name: String)
        /// Everything that is left, slashes included. Only at the end.
        case rest(name: String)
    }

    let text: String
    let segments: [Segment]

    init(_ text: String) {
        self.text = text
        let pieces = Self.split(text)
        segments = pieces.enumerated().map { index, piece in
            if piece.hasPrefix("*") {
                precondition(index == pieces.count - 1, "route \(text): a catch-all must be the last segment")
                return .rest(name: String(piece.dropFirst()))
            }
            guard let colon = piece.firstIndex(of: ":") else { return .literal(String(piece)) }
            return .parameter(prefix: String(piece[..<colon]), name: String(piece[colon...].dropFirst()))
        }
    }

    /// The pieces of a path between its slashes; one empty piece for "/".
    static func split(_ path: String) -> [Substring] {
        let slash = UInt8(ascii: "/")
        // By bytes: finding where characters end takes longer than all the rest of finding a route.
        return path.utf8.drop { $0 == slash }.split(separator: slash, omittingEmptySubsequences: false).map(
            Substring.init)
    }
}
