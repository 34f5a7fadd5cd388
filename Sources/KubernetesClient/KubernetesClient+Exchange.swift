extension KubernetesClient {
    func send(_ request: APIRequest) async throws -> [UInt8] {
        throw KubernetesError(.transport, "\(request.summary) cannot be sent yet.")
    }

    func open(_ request: APIRequest, idleTimeout: Duration?) async throws -> RawWatchStream {
        throw KubernetesError(.transport, "\(request.summary) cannot be sent yet.")
    }
}
