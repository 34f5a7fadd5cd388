package import HTTPTypes

/// Where spans go, as OpenTelemetry's environment variables say.
package struct TracingSettings: Sendable {
    /// The collector's address for traces, path included: "http://collector:4318/v1/traces".
    package var endpoint: String
    /// Sent with each request; may hold a password. Never log it.
    package var headers: HTTPHeaders
    /// The part of new traces that is told, 0...1.
    package var ratio: Double
    /// What the spans come from, `service.name` first.
    package var resource: [(String, String)]

    package init(endpoint: String, headers: HTTPHeaders = [:], ratio: Double = 1, resource: [(String, String)] = []) {
        self.endpoint = endpoint
        self.headers = headers
        self.ratio = ratio
        self.resource = resource
    }

    /// Reads `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` or `OTEL_EXPORTER_OTLP_ENDPOINT` (to which `/v1/traces` is added),
    /// `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_TRACES_SAMPLER_ARG` and
    /// `OTEL_SDK_DISABLED`.
    /// - Parameter serviceName: unless the environment says otherwise.
    /// - Returns: `nil` when no endpoint is given: there are no spans then.
    /// - Throws: ``TracingSettingsError`` for what cannot be read.
    package static func fromEnvironment(
        _ environment: [String: String], serviceName: String
    ) throws(TracingSettingsError) -> TracingSettings? {
        func value(_ name: String) -> String? {
            environment[name].flatMap { $0.isEmpty ? nil : $0 }
        }
        if value("OTEL_SDK_DISABLED")?.lowercased() == "true" { return nil }
        let name = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"].first { value($0) != nil }
        guard let name, var endpoint = value(name) else { return nil }
        guard endpoint.hasPrefix("http://") || endpoint.hasPrefix("https://") else {
            throw TracingSettingsError("\(name) is no URL: write http://host:4318")
        }
        if name == "OTEL_EXPORTER_OTLP_ENDPOINT" {
            while endpoint.hasSuffix("/") { endpoint.removeLast() }
            endpoint += "/v1/traces"
        }
        var settings = TracingSettings(endpoint: endpoint)
        if let text = value("OTEL_TRACES_SAMPLER_ARG") {
            guard let ratio = Double(text), (0...1).contains(ratio) else {
                throw TracingSettingsError("OTEL_TRACES_SAMPLER_ARG is \"\(text)\": write a number from 0 to 1")
            }
            settings.ratio = ratio
        }
        for (name, text) in try pairs("OTEL_EXPORTER_OTLP_HEADERS", value("OTEL_EXPORTER_OTLP_HEADERS")) {
            settings.headers[name] = text
        }
        let attributes = try pairs("OTEL_RESOURCE_ATTRIBUTES", value("OTEL_RESOURCE_ATTRIBUTES"))
        let service = value("OTEL_SERVICE_NAME") ?? attributes.first { $0.0 == "service.name" }?.1 ?? serviceName
        settings.resource = [("service.name", service)] + attributes.filter { $0.0 != "service.name" }
        return settings
    }

    /// `a=1,b=2`, values percent-encoded. An error names the variable alone: there may be a password in it.
    private static func pairs(_ name: String, _ text: String?) throws(TracingSettingsError) -> [(String, String)] {
        var pairs: [(String, String)] = []
        for part in (text ?? "").split(separator: ",") {
            let sides = part.split(separator: "=", maxSplits: 1).map { trimmed($0) }
            guard sides.count == 2, let value = decoded(sides[1]) else {
                throw TracingSettingsError("\(name) is not of the form name=value,name=value")
            }
            pairs.append((sides[0], value))
        }
        return pairs
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }

    private static func decoded(_ text: String) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(value)
            rest = rest.dropFirst(2)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A variable of the environment that cannot be read.
package struct TracingSettingsError: Error, CustomStringConvertible, Sendable {
    package let description: String

    init(_ description: String) { self.description = description }
}
