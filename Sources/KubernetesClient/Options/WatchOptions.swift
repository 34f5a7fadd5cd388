/// What a watch is asked for.
package struct WatchOptions: Sendable, Equatable {
    package var labelSelector: String?
    package var fieldSelector: String?
    /// Go on behind this one: a list's, a bookmark's or an object's. `nil` begins with an `added` for all that is there.
    package var resourceVersion: String?
    /// Ask for a bookmark about once a minute; they also show that the connection lives.
    package var allowBookmarks: Bool
    /// When the server is to end the watch; `nil` draws 5 to 10 minutes, so that watches do not all end together.
    package var timeoutSeconds: Int?
    /// The watch ends when nothing came for so long; `nil` never. A watch that ends so is taken up again cheaply.
    package var idleTimeout: Duration?

    package init(
        labelSelector: String? = nil, fieldSelector: String? = nil, resourceVersion: String? = nil,
        allowBookmarks: Bool = true, timeoutSeconds: Int? = nil, idleTimeout: Duration? = .seconds(180)
    ) {
        self.labelSelector = labelSelector
        self.fieldSelector = fieldSelector
        self.resourceVersion = resourceVersion
        self.allowBookmarks = allowBookmarks
        self.timeoutSeconds = timeoutSeconds
        self.idleTimeout = idleTimeout
    }

    /// The query of the request; `drawn` is the time-out that was drawn in case none was given.
    func query(timeoutSeconds drawn: Int) -> [(String, String)] {
        var query = [("watch", "true"), ("timeoutSeconds", "\(timeoutSeconds ?? drawn)")]
        if allowBookmarks { query.append(("allowWatchBookmarks", "true")) }
        if let labelSelector { query.append(("labelSelector", labelSelector)) }
        if let fieldSelector { query.append(("fieldSelector", fieldSelector)) }
        if let resourceVersion { query.append(("resourceVersion", resourceVersion)) }
        return query
    }
}
