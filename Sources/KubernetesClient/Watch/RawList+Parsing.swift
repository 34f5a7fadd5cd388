import KubernetesTypes

extension RawList {
    /// Cuts a list as the server sent it into its items.
    init(parsing bytes: [UInt8], of plural: String) throws(KubernetesError) {
        let members = try JSONSlices.members(of: bytes, in: 0..<bytes.count)
        metadata =
            try members["metadata"].map { range throws(KubernetesError) in
                try Coding.decode(ListMeta.self, Array(bytes[range]), "the list of \(plural)")
            } ?? ListMeta()
        let ranges =
            try members["items"].map { range throws(KubernetesError) in
                try JSONSlices.elements(of: bytes, in: range)
            } ?? []
        items = ranges.map { Array(bytes[$0]) }
    }
}
