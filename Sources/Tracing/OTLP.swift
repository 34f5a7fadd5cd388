import JSON

/// Spans as OTLP's JSON has them: a request to `/v1/traces`
/// (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding). Ids are hexadecimal, numbers of 64 bits are texts.
enum OTLP {
    /// - Parameter resource: what the spans come from, by OpenTelemetry's names.
    static func encode(_ spans: [Span], resource: [(String, String)]) -> [UInt8] {
        var text = #"{"resourceSpans":[{"resource":{"attributes":"#
        append(resource.map { ($0, .string($1)) }, to: &text)
        text += #"},"scopeSpans":[{"scope":{"name":"telegram-serverless"},"spans":["#
        for (index, span) in spans.enumerated() {
            if index > 0 { text += "," }
            append(span, to: &text)
        }
        text += "]}]}]}"
        return Array(text.utf8)
    }

    private static func append(_ span: Span, to text: inout String) {
        text += #"{"traceId":"\#(span.context.traceID)","spanId":"\#(SpanContext.hex(span.context.spanID))""#
        if let parentID = span.parentID { text += #","parentSpanId":"\#(SpanContext.hex(parentID))""# }
        text += #","name":"#
        JSONText.append(span.name, to: &text)
        text += #","kind":\#(span.kind.rawValue),"startTimeUnixNano":"\#(span.start)","endTimeUnixNano":"\#(span.end)""#
        text += #","attributes":"#
        append(span.attributes, to: &text)
        // 2 is an error; without a status it is neither known to be one nor to be none.
        if span.isError { text += #","status":{"code":2}"# }
        text += "}"
    }

    private static func append(_ attributes: [(String, Span.Value)], to text: inout String) {
        text += "["
        for (index, (name, value)) in attributes.enumerated() {
            text += index > 0 ? #",{"key":"# : #"{"key":"#
            JSONText.append(name, to: &text)
            switch value {
            case .string(let string):
                text += #","value":{"stringValue":"#
                JSONText.append(string, to: &text)
                text += "}}"
            case .int(let number): text += #","value":{"intValue":"\#(number)"}}"#
            }
        }
        text += "]"
    }
}
