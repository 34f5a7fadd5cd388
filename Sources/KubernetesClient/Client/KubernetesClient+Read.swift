package import KubernetesTypes

extension KubernetesClient {
    /// The object of that name.
    ///
    /// - Throws: ``KubernetesError`` with `isNotFound` when there is none; ``find(_:_:)`` answers `nil` instead.
    package func get<R: KubernetesResource>(_ type: R.Type, _ key: ObjectKey) async throws -> R {
        try decode(R.self, try await rawGet(R.definition, key), "\(R.definition.kind) \(key)")
    }

    /// The object of that name, or `nil` when there is none.
    package func find<R: KubernetesResource>(_ type: R.Type, _ key: ObjectKey) async throws -> R? {
        do {
            return try await get(type, key)
        } catch let error as KubernetesError where error.isNotFound {
            return nil
        }
    }

    /// The JSON of the object of that name, or of its subresource.
    package func rawGet(
        _ definition: ResourceDefinition, _ key: ObjectKey, subresource: Subresource? = nil
    ) async throws -> [UInt8] {
        try await send(APIRequest(path: try ResourcePath.object(definition, key, subresource)))
    }

    /// One page of a kind's objects.
    ///
    /// - Parameter namespace: `nil` lists all namespaces.
    package func list<R: KubernetesResource>(
        _ type: R.Type, namespace: String? = nil, options: ListOptions = ListOptions()
    ) async throws -> ResourceList<R> {
        let bytes = try await listBytes(R.definition, namespace: namespace, options: options)
        return try decode(ResourceList<R>.self, bytes, "the list of \(R.definition.plural)")
    }

    /// All of a kind's objects, fetched page by page.
    ///
    /// When the continue token expires between two pages, the whole is listed again in one answer.
    package func listAll<R: KubernetesResource>(
        _ type: R.Type, namespace: String? = nil, options: ListOptions = ListOptions(), pageSize: Int = 500
    ) async throws -> ResourceList<R> {
        var whole = ResourceList<R>(items: [])
        let metadata = try await eachPage(
            options, pageSize: pageSize,
            page: { options in
                let page = try await list(R.self, namespace: namespace, options: options)
                whole.items += page.items
                return page.metadata
            },
            restart: { whole.items = [] })
        whole.metadata = metadata
        return whole
    }

    /// One page of a kind's objects as bytes.
    package func rawList(
        _ definition: ResourceDefinition, namespace: String? = nil, options: ListOptions = ListOptions()
    ) async throws -> RawList {
        try RawList(
            parsing: try await listBytes(definition, namespace: namespace, options: options), of: definition.plural)
    }

    /// All of a kind's objects as bytes, page by page, so that never more than a page is held.
    ///
    /// - Parameters:
    ///   - restart: the continue token expired; what `page` was given so far is to be forgotten.
    ///   - page: takes the items of one page.
    /// - Returns: where the list stands; its resourceVersion is where a watch begins.
    package func rawListAll(
        _ definition: ResourceDefinition, namespace: String? = nil, options: ListOptions = ListOptions(),
        pageSize: Int = 500, restart: () -> Void, page: ([[UInt8]]) throws -> Void
    ) async throws -> ListMeta {
        try await eachPage(
            options, pageSize: pageSize,
            page: { options in
                let list = try await rawList(definition, namespace: namespace, options: options)
                try page(list.items)
                return list.metadata
            },
            restart: restart)
    }

    private func listBytes(
        _ definition: ResourceDefinition, namespace: String?, options: ListOptions
    ) async throws -> [UInt8] {
        let path = try ResourcePath.collection(definition, namespace: namespace)
        return try await send(APIRequest(path: path, query: options.query))
    }

    private func eachPage(
        _ options: ListOptions, pageSize: Int, page: (ListOptions) async throws -> ListMeta, restart: () -> Void
    ) async throws -> ListMeta {
        var options = options
        options.limit = pageSize
        options.continueToken = nil
        while true {
            do {
                let metadata = try await page(options)
                guard let token = metadata.continueToken else { return metadata }
                options.continueToken = token
            } catch let error as KubernetesError where error.isExpired && options.continueToken != nil {
                restart()
                options.continueToken = nil
                options.limit = nil
            }
        }
    }
}
