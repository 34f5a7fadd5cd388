import Tracing

/// W3C Trace Context, level 1: the header that joins the spans of one message.
enum TraceParent {
    /// `header` when it is a valid `traceparent`, else a new one with random ids, sampled.
    static func from(_ header: String?) -> String {
        if let header, isValid(header) { return header }
        return SpanContext.random().traceparent
    }

    /// "00-" + 32 hex + "-" + 16 hex + "-" + 2 hex, in lower case, neither id all zeros.
    static func isValid(_ text: String) -> Bool { SpanContext(traceparent: text) != nil }
}
