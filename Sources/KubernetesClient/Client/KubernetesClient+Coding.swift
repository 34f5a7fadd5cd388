import FoundationEssentials
import KubernetesTypes

extension KubernetesClient {
    /// - Parameter what: names the thing in the error's message.
    func decode<T: Decodable>(_ type: T.Type, _ bytes: [UInt8], _ what: String) throws(KubernetesError) -> T {
        try Coding.decode(type, bytes, what)
    }

    func encode<T: Encodable>(_ value: T) throws(KubernetesError) -> [UInt8] {
        try Coding.encode(value)
    }

    /// The object's JSON; `apiVersion` and `kind` are added when the type does not carry them itself.
    func encode<R: KubernetesResource>(_ object: R) throws(KubernetesError) -> [UInt8] {
        let json = try Coding.encode(object)
        return try JSONSlices.adding(
            [("apiVersion", R.definition.apiVersion), ("kind", R.definition.kind)], to: json)
    }
}

/// JSON in and out, with errors that name the thing and the place.
enum Coding {
    static func decode<T: Decodable>(_ type: T.Type, _ bytes: [UInt8], _ what: String) throws(KubernetesError) -> T {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw KubernetesError(
                .decoding, "The server's answer for \(what) cannot be read: \(describe(error)).", cause: error)
        }
    }

    static func encode<T: Encodable>(_ value: T) throws(KubernetesError) -> [UInt8] {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .withoutEscapingSlashes
            return Array(try encoder.encode(value))
        } catch {
            throw KubernetesError(.configuration, "The \(T.self) cannot be written as JSON: \(error).", cause: error)
        }
    }

    /// What is wrong and where, without the values, which may be secret.
    private static func describe(_ error: any Error) -> String {
        func path(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map { key in key.intValue.map { "[\($0)]" } ?? ".\(key.stringValue)" }
                .joined()
            return path.isEmpty ? "the top level" : path
        }
        guard let error = error as? DecodingError else { return "\(type(of: error))" }
        switch error {
        case .keyNotFound(let key, let context): return "\(path(context)) has no \"\(key.stringValue)\""
        case .typeMismatch(let type, let context): return "\(path(context)) is not of type \(type)"
        case .valueNotFound(let type, let context): return "\(path(context)) is null instead of \(type)"
        case .dataCorrupted(let context): return "it is not valid JSON at \(path(context))"
        @unknown default: return "it does not fit the type"
        }
    }
}
