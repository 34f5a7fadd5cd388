import Concurrency
import Observability

/// A token in a file that somebody else keeps fresh: the kubelet does so for ServiceAccounts.
final class TokenFileSource: CredentialSource {
    /// How long what was read is taken for the file's content. The kubelet replaces tokens long before they expire.
    static let freshness: Duration = .seconds(60)

    private struct State {
        var token: Sensitive<String>?
        var readAt: ContinuousClock.Instant?
    }

    private let path: String
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Locked(State())

    init(path: String, now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }) {
        self.path = path
        self.now = now
    }

    func current() async throws -> Credential {
        let now = now()
        let cached = state.withLock { state -> Sensitive<String>? in
            guard let readAt = state.readAt, now - readAt < Self.freshness else { return nil }
            return state.token
        }
        if let cached { return Credential(token: cached) }
        return Credential(token: try read())
    }

    func replacement(for refused: Credential) async throws -> Credential? {
        let token = try read()
        return token == refused.token ? nil : Credential(token: token)
    }

    private func read() throws(KubernetesError) -> Sensitive<String> {
        let text: String
        do {
            text = String(decoding: try LocalFile.read(path), as: UTF8.self)
        } catch {
            throw KubernetesError(.credentials, "The token file \(path) cannot be read: \(error)", cause: error)
        }
        let token = Sensitive(text.filter { !$0.isWhitespace })
        guard !token.value.isEmpty else {
            throw KubernetesError(.credentials, "The token file \(path) is empty.")
        }
        let now = now()
        state.withLock { $0 = State(token: token, readAt: now) }
        return token
    }
}
