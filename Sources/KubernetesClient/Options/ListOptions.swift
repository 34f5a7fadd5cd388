/// What a list is asked for.
package struct ListOptions: Sendable, Equatable {
    /// "app=bot,tier!=test".
    package var labelSelector: String?
    /// "metadata.name=x,type=Opaque"; which fields are taken depends on the kind.
    package var fieldSelector: String?
    /// The most items a page may hold; `nil` means all in one answer.
    package var limit: Int?
    /// The token of the page before.
    package var continueToken: String?
    /// "0" takes whatever the server has cached, `nil` the latest.
    package var resourceVersion: String?
    package var resourceVersionMatch: ResourceVersionMatch?

    package enum ResourceVersionMatch: String, Sendable {
        case exact = "Exact"
        case notOlderThan = "NotOlderThan"
    }

    package init(
        labelSelector: String? = nil, fieldSelector: String? = nil, limit: Int? = nil, continueToken: String? = nil,
        resourceVersion: String? = nil, resourceVersionMatch: ResourceVersionMatch? = nil
    ) {
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
        self.limit = limit
        self.continueToken = continueToken
        self.resourceVersion = resourceVersion
        self.resourceVersionMatch = resourceVersionMatch
    }

    /// The query of the request. The server refuses a resourceVersion beside a continue token, which carries its own.
    var query: [(String, String)] {
        var query: [(String, String)] = []
        if let labelSelector { query.append(("labelSelector", labelSelector)) }
        if let fieldSelector { query.append(("fieldSelector", fieldSelector)) }
        if let limit { query.append(("limit", "\(limit)")) }
        if let continueToken {
            query.append(("continue", continueToken))
        } else {
            if let resourceVersion { query.append(("resourceVersion", resourceVersion)) }
            if let resourceVersionMatch { query.append(("resourceVersionMatch", resourceVersionMatch.rawValue)) }
        }
        return query
    }
}
