/// One page of a list. The items come from the server without `apiVersion` and `kind`.
package struct ResourceList<Resource: KubernetesResource>: Decodable, Sendable {
    package var metadata: ListMeta
    package var items: [Resource]

    package init(metadata: ListMeta = ListMeta(), items: [Resource]) {
        self.metadata = metadata
        self.items = items
    }

    private enum CodingKeys: String, CodingKey { case metadata, items }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        metadata = try container.decodeIfPresent(ListMeta.self, forKey: .metadata) ?? ListMeta()
        // Servers written in Go send an empty list as null.
        items = try container.decodeIfPresent([Resource].self, forKey: .items) ?? []
    }
}
