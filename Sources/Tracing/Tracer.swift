import FoundationEssentials

/// Makes spans. Switched off it makes none, and costs nothing.
///
/// Whoever begins a trace decides whether it is told (head sampling); what belongs to a trace follows its first.
package struct Tracer: Sendable {
    /// Makes no spans.
    package static let off = Tracer()

    private let threshold: UInt64
    private let record: (@Sendable (Span) -> Void)?

    private init() {
        threshold = 0
        record = nil
    }

    /// - Parameters:
    ///   - ratio: the part of new traces that is told, 0...1.
    ///   - record: takes spans that have ended; must not hold up.
    package init(ratio: Double, record: @escaping @Sendable (Span) -> Void) {
        threshold = ratio >= 1 ? .max : UInt64(max(0, ratio) * 0x1p64)
        self.record = record
    }

    /// Whether spans are made.
    package var isOn: Bool { record != nil }

    /// Begins a span.
    /// - Parameter parent: what it is a part of, as a `traceparent`; what is none begins a trace.
    /// - Returns: `nil` when switched off.
    package func start(_ name: String, _ kind: Span.Kind, parent: String?) -> Span? {
        guard isOn else { return nil }
        let parent = parent.flatMap { SpanContext(traceparent: $0) }
        let new = SpanContext.random()
        let low = parent?.traceLow ?? new.traceLow
        let context = SpanContext(
            traceHigh: parent?.traceHigh ?? new.traceHigh, traceLow: low, spanID: new.spanID,
            isSampled: parent?.isSampled ?? (low <= threshold && threshold > 0))
        let now = Self.now()
        return Span(context: context, parentID: parent?.spanID, name: name, kind: kind, start: now, end: now)
    }

    /// Ends a span.
    /// - Parameter attributes: asked for only when the span is told.
    package func end(
        _ span: Span?, isError: Bool = false, _ attributes: @autoclosure () -> [(String, Span.Value)] = []
    ) {
        guard let record, var span, span.context.isSampled else { return }
        // Clocks are set back at times.
        span.end = max(span.start, Self.now())
        span.isError = isError
        span.attributes = attributes()
        record(span)
    }

    private static func now() -> UInt64 { UInt64(max(0, Date().timeIntervalSince1970) * 1e9) }
}
