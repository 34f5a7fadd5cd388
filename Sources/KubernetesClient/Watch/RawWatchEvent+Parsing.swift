import KubernetesTypes

extension RawWatchEvent {
    /// Reads one line of a watch; `nil` for a type of event that this client does not know.
    ///
    /// - Throws: for an ERROR event the error that its `Status` tells.
    static func parse(line bytes: [UInt8]) throws(KubernetesError) -> RawWatchEvent? {
        let members = try JSONSlices.members(of: bytes, in: 0..<bytes.count)
        guard let type = members["type"], let object = members["object"],
            let kind = JSONSlices.plainString(of: bytes, in: type)
        else {
            throw KubernetesError(.decoding, "The server sent a watch event without type and object.")
        }
        if kind == "ERROR" {
            let status = try Coding.decode(Status.self, Array(bytes[object]), "the error of a watch")
            throw KubernetesError(status: status, request: "the watch")
        }
        return Kind(rawValue: kind).map { RawWatchEvent(kind: $0, object: Array(bytes[object])) }
    }
}
