import Concurrency
import Cryptography
import FoundationEssentials
import KubernetesClient
import KubernetesTypes
import PlatformAPI

/// Brings owned objects to what is wanted by server-side apply, and only when they are not.
///
/// What was applied is stamped on the object as a fingerprint. "Nothing to do" is: every leaf of the wanted object, the
/// fingerprint among them, is in the observed one. A value somebody changed is a leaf that is missing; a field that is no
/// longer wanted changes the fingerprint.
final class Applier: Sendable {
    private struct Settled: Sendable, Equatable {
        let wanted: LeafDigest
        let answer: LeafDigest
    }

    private let client: KubernetesClient
    /// Objects whose stored form differs from the applied one although the server took it (it rewrites some values):
    /// without this they would be applied again with every look.
    private let rewritten = Locked<[String: Settled]>([:])

    init(client: KubernetesClient) { self.client = client }

    /// - Parameters:
    ///   - wanted: complete; its name and namespace are set.
    ///   - observed: the digest of the object as the watch last showed it; `nil` when there is none.
    ///   - repairs: whether what somebody else changed is put back.
    @discardableResult
    func ensure<Object: KubernetesResource>(
        _ wanted: Object, observed: LeafDigest?, repairs: Bool = true
    ) async throws -> ApplyOutcome {
        try await ensure(
            ApplyDifference(wanted, observed: observed), Object.definition, wanted.key, observed: observed,
            repairs: repairs)
    }

    /// The same for an object whose kind is known only at run time.
    @discardableResult
    func ensure(
        _ wanted: StatedObject, observed: LeafDigest?, repairs: Bool = true
    ) async throws -> ApplyOutcome {
        try await ensure(
            ApplyDifference(wanted, observed: observed), wanted.definition, wanted.key, observed: observed,
            repairs: repairs)
    }

    private func ensure(
        _ difference: ApplyDifference, _ definition: ResourceDefinition, _ key: ObjectKey, observed: LeafDigest?,
        repairs: Bool
    ) async throws -> ApplyOutcome {
        if difference.kind == .none { return .unchanged }
        let digest = difference.digest
        let name = "\(definition.plural)/\(key)"
        if let observed, rewritten.withLock({ $0[name] }) == Settled(wanted: digest, answer: observed) {
            return .unchanged
        }
        let isDrift = difference.kind == .drift
        if isDrift, !repairs { return .drifted }
        let answer = try await client.apply(
            json: difference.json, definition: definition, key: key, fieldManager: FieldManager.main, force: true)
        let answerDigest = try LeafDigest(json: answer)
        let settled = answerDigest.contains(digest) ? nil : Settled(wanted: digest, answer: answerDigest)
        rewritten.withLock { $0[name] = settled }
        return isDrift ? .repaired : .written
    }

    /// The fingerprint alone, as a leaf of the object.
    static func stamp<Object: KubernetesResource>(of object: Object) throws -> LeafDigest {
        try stamp(fingerprint(object))
    }

    /// The same for an object whose kind is known only at run time.
    static func stamp(of object: StatedObject) throws -> LeafDigest { try stamp(fingerprint(of: object)) }

    private static func stamp(_ hash: String) throws -> LeafDigest {
        try LeafDigest(
            json: Array(#"{"metadata":{"annotations":{"\#(Annotations.appliedHash)":"\#(hash)"}}}"#.utf8))
    }

    private static func fingerprint<Object: KubernetesResource>(_ object: Object) throws -> String {
        try fingerprint(of: Typed(object: object))
    }

    /// 16 hexadecimal digits, the same for the same value in every process.
    static func fingerprint(of value: some Encodable) throws -> String {
        String(SHA256.hex(Array(try encoder.encode(value))).prefix(16))
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return encoder
    }

    /// The object as JSON with apiVersion, kind and the fingerprint of all that.
    static func stamped<Object: KubernetesResource>(_ object: Object) throws -> [UInt8] {
        let hash = try fingerprint(object)
        var object = object
        object.metadata.annotations = (object.metadata.annotations ?? [:]).merging(
            [Annotations.appliedHash: hash]) { $1 }
        return Array(try encoder.encode(Typed(object: object)))
    }

    /// The same for an object whose kind is known only at run time.
    static func stamped(_ object: StatedObject) throws -> [UInt8] {
        let hash = try fingerprint(of: object)
        var object = object
        object.metadata.annotations = (object.metadata.annotations ?? [:]).merging(
            [Annotations.appliedHash: hash]) { $1 }
        return Array(try encoder.encode(object))
    }

    /// Adds apiVersion and kind to types that do not carry them.
    private struct Typed<Object: KubernetesResource>: Encodable {
        let object: Object

        private enum CodingKeys: String, CodingKey { case apiVersion, kind }

        func encode(to encoder: any Encoder) throws {
            try object.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(Object.definition.apiVersion, forKey: .apiVersion)
            try container.encode(Object.definition.kind, forKey: .kind)
        }
    }
}
