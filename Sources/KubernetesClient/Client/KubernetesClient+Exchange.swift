import FoundationEssentials
import HTTPClient
import HTTPTypes
import Observability

extension KubernetesClient {
    /// The most of an error's body that is read when the answer is a stream.
    private static let longestErrorBody = 64 << 10

    /// Sends the request and returns the body of a successful answer.
    func send(_ request: APIRequest) async throws -> [UInt8] {
        var credential = try await credentials.current()
        var response = try await execute(request, credential)
        if response.status == .unauthorized, let fresh = try await credentials.replacement(for: credential) {
            credential = fresh
            response = try await execute(request, credential)
        }
        guard response.status.isSuccess else {
            throw KubernetesError(
                status: response.status, headers: response.headers, body: response.body, request: request.summary)
        }
        return response.body
    }

    /// Begins a watch; a refusal is thrown here.
    func open(_ request: APIRequest, idleTimeout: Duration?) async throws -> RawWatchStream {
        var credential = try await credentials.current()
        var response = try await stream(request, credential, idleTimeout: idleTimeout)
        if response.status == .unauthorized, let fresh = try await credentials.replacement(for: credential) {
            credential = fresh
            response = try await stream(request, credential, idleTimeout: idleTimeout)
        }
        guard response.status.isSuccess else {
            var body: [UInt8] = []
            do {
                for try await chunk in response.body where body.count < Self.longestErrorBody { body += chunk }
            } catch {
                // The status says enough.
            }
            throw KubernetesError(
                status: response.status, headers: response.headers, body: body, request: request.summary)
        }
        return RawWatchStream(body: response.body, request: request.summary, server: configuration.server)
    }

    private func execute(_ request: APIRequest, _ credential: Credential) async throws -> HTTPResponse {
        let client = try transport.client(for: credential)
        let http = makeRequest(
            request, credential, timeout: configuration.requestTimeout, idleTimeout: nil)
        do {
            let response = try await client.execute(http)
            log(request, http, response.status)
            return response
        } catch {
            noteTimeout(error, of: client)
            throw Self.translate(error, request.summary, configuration.server)
        }
    }

    private func stream(
        _ request: APIRequest, _ credential: Credential, idleTimeout: Duration?
    ) async throws -> HTTPStreamingResponse {
        let client = try transport.client(for: credential)
        let http = makeRequest(request, credential, timeout: nil, idleTimeout: idleTimeout)
        do {
            let response = try await client.stream(http)
            log(request, http, response.status)
            return response
        } catch {
            noteTimeout(error, of: client)
            throw Self.translate(error, request.summary, configuration.server)
        }
    }

    private func noteTimeout(_ error: any Error, of client: HTTPClient) {
        guard let error = error as? HTTPClientError, error.code == .timedOut, error.requestWasSent else { return }
        transport.renew(after: client)
    }

    private func makeRequest(
        _ request: APIRequest, _ credential: Credential, timeout: Duration?, idleTimeout: Duration?
    ) -> HTTPRequest {
        // The server takes this id over into its audit log and answers with it.
        var headers: HTTPHeaders = ["Accept": APIRequest.json, "Audit-ID": UUID().uuidString.lowercased()]
        headers["User-Agent"] = configuration.userAgent
        if let token = credential.token { headers["Authorization"] = "Bearer \(token.value)" }
        for (name, value) in configuration.headers { headers.append(name, value) }
        if let contentType = request.contentType { headers["Content-Type"] = contentType }
        return HTTPRequest(
            request.method, configuration.server + request.path + PercentEncoding.query(request.query),
            headers: headers, body: request.contentType == nil ? .none : .bytes(request.body), timeout: timeout,
            idleTimeout: idleTimeout)
    }

    private func log(_ request: APIRequest, _ http: HTTPRequest, _ status: HTTPStatus) {
        logger.debug(
            "Kubernetes API request",
            [
                "request": .string(request.summary), "status": .int(status.rawValue),
                "request_id": .string(http.headers["Audit-ID"] ?? ""),
            ])
    }

    /// What a failed exchange is to the caller; a cancelled task's is a `CancellationError`.
    static func translate(_ error: any Error, _ summary: String, _ server: String) -> any Error {
        guard let error = error as? HTTPClientError else { return error }
        switch error.code {
        case .cancelled where Task.isCancelled: return CancellationError()
        case .invalidURL, .invalidRequest, .invalidConfiguration:
            return KubernetesError(.configuration, "\(summary) on \(server) cannot be sent: \(error)", cause: error)
        default:
            return KubernetesError(
                .transport, "\(summary) on \(server) failed: \(error)", cause: error,
                requestWasSent: error.requestWasSent)
        }
    }
}
