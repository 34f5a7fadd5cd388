// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target is compiled with. Warnings are errors; see CONTRIBUTING.md for the reasons.
let common: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .treatAllWarnings(as: .error),
]

/// A C or C++ shim over one system library.
func shim(_ name: String, links libraries: [String] = []) -> Target {
    .target(name: name, linkerSettings: libraries.map { .linkedLibrary($0) })
}

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: common + [.strictMemorySafety()])
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: common)
}

func testKit(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: common)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], without data: [String] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, exclude: data, swiftSettings: common)
}

func benchmark(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Benchmarks/\(name)", swiftSettings: common)
}

let package = Package(
    name: "telegram-serverless",
    products: [
        .executable(name: "tgs", targets: ["tgs"]),
        .library(name: "WorkerKit", targets: ["WorkerKit"]),
    ],
    targets: [
        // C and C++ shims: the only places that know a system library's headers.
        shim("CCurl", links: ["curl"]),
        shim("COpenSSL", links: ["crypto"]),
        shim("CRdKafka", links: ["rdkafka"]),
        shim("CHiredis", links: ["hiredis"]),
        shim("CYAML", links: ["yaml"]),
        shim("CMicrohttpd", links: ["microhttpd"]),
        shim("CUpdateScanner", links: ["simdjson"]),
        shim("CLeafDigest", links: ["simdjson"]),
        shim("CMalloc"),

        // Foundations. Arrows of import go down this list only: a target imports what stands above it.
        module("Concurrency"),
        module("JSON"),
        module("Observability", ["Concurrency", "JSON"]),
        module("Cryptography", ["COpenSSL"]),
        module("HTTPTypes"),
        module("HTTPClient", ["CCurl", "Concurrency", "HTTPTypes", "Observability"]),
        module("Tracing", ["Concurrency", "HTTPClient", "HTTPTypes", "JSON", "Observability"]),
        module("HTTPServer", ["CMicrohttpd", "Concurrency", "HTTPTypes", "Observability"]),
        module("KafkaClient", ["CRdKafka", "Concurrency", "Observability"]),
        module("RedisClient", ["CHiredis", "Concurrency", "Observability"]),
        module("YAML", ["CYAML", "JSON"]),
        module("KubernetesTypes", ["CLeafDigest", "JSON"]),
        module(
            "KubernetesClient",
            ["Concurrency", "HTTPClient", "HTTPTypes", "JSON", "KubernetesTypes", "Observability", "YAML"]),
        module(
            "ControllerRuntime",
            ["Concurrency", "HTTPClient", "HTTPTypes", "JSON", "KubernetesClient", "KubernetesTypes", "Observability"]),

        // The platform.
        module(
            "TelegramBotAPI", ["CUpdateScanner", "Concurrency", "HTTPClient", "HTTPTypes", "JSON", "Observability"]),
        module("PlatformAPI", ["JSON", "KubernetesTypes"]),
        module(
            "Operator",
            [
                "Concurrency", "ControllerRuntime", "Cryptography", "HTTPClient", "JSON", "KafkaClient",
                "KubernetesClient", "KubernetesTypes", "Observability", "PlatformAPI", "TelegramBotAPI", "YAML",
            ]),
        module(
            "Gateway",
            [
                "Concurrency", "ControllerRuntime", "Cryptography", "HTTPClient", "HTTPServer", "HTTPTypes", "JSON",
                "KafkaClient", "KubernetesClient", "KubernetesTypes", "Observability", "PlatformAPI", "RedisClient",
                "TelegramBotAPI", "Tracing",
            ]),
        module(
            "Simulator",
            [
                "Concurrency", "Cryptography", "HTTPClient", "HTTPServer", "HTTPTypes", "JSON", "Observability",
                "TelegramBotAPI",
            ]),
        module("WorkerKit", ["Concurrency", "JSON", "KafkaClient", "Observability", "PlatformAPI"]),

        // Programs: argument parsing and wiring only.
        program(
            "tgs",
            [
                "CMalloc", "Concurrency", "ControllerRuntime", "Gateway", "HTTPClient", "HTTPServer", "HTTPTypes",
                "JSON",
                "KafkaClient",
                "KubernetesClient", "KubernetesTypes", "Observability", "Operator", "PlatformAPI", "RedisClient",
                "Simulator", "TelegramBotAPI", "Tracing",
            ]),

        // Test kits.
        testKit(
            "TestRig",
            [
                "CRdKafka", "Concurrency", "HTTPClient", "HTTPTypes", "JSON", "KafkaClient", "KubernetesClient",
                "KubernetesTypes", "Observability", "TelegramBotAPI",
            ]),

        // Measurements, never in a test: make bench.
        benchmark(
            "tgs-bench",
            [
                "Concurrency", "HTTPClient", "HTTPTypes", "JSON", "KafkaClient", "KubernetesClient", "KubernetesTypes",
                "Observability", "PlatformAPI", "Simulator", "TestRig",
            ]),

        // Unit tests: one target a module, nothing but this process and loopback.
        tests("ConcurrencyTests", ["Concurrency"]),
        tests("JSONTests", ["JSON"]),
        tests("ObservabilityTests", ["Observability"]),
        tests("CryptographyTests", ["Cryptography"]),
        tests("HTTPClientTests", ["CCurl", "Concurrency", "HTTPClient", "HTTPTypes", "Observability", "TestRig"]),
        tests(
            "TracingTests",
            ["Concurrency", "HTTPClient", "HTTPServer", "HTTPTypes", "JSON", "Observability", "Tracing"]),
        tests("HTTPServerTests", ["HTTPServer", "HTTPTypes", "Concurrency", "Observability", "TestRig"]),
        tests("KafkaClientTests", ["CRdKafka", "Concurrency", "KafkaClient", "Observability", "TestRig"]),
        tests("RedisClientTests", ["Concurrency", "Observability", "RedisClient", "TestRig"]),
        tests("KubernetesTypesTests", ["JSON", "KubernetesTypes"]),
        tests("YAMLTests", ["JSON", "YAML"]),
        tests(
            "KubernetesClientTests",
            ["Concurrency", "HTTPClient", "HTTPTypes", "JSON", "KubernetesClient", "KubernetesTypes", "Observability"]),
        tests(
            "ControllerRuntimeTests",
            ["Concurrency", "ControllerRuntime", "HTTPClient", "KubernetesClient", "KubernetesTypes", "Observability"]),
        tests(
            "ControllerRuntimeIntegrationTests",
            [
                "Concurrency", "ControllerRuntime", "JSON", "KubernetesClient", "KubernetesTypes", "Observability",
                "TestRig",
            ]),
        tests(
            "TelegramBotAPITests",
            [
                "Concurrency", "HTTPClient", "HTTPServer", "HTTPTypes", "JSON", "Observability", "TelegramBotAPI",
                "TestRig",
            ]),
        tests("PlatformAPITests", ["JSON", "PlatformAPI", "KubernetesTypes", "YAML"]),
        tests(
            "OperatorTests",
            [
                "ControllerRuntime", "JSON", "KafkaClient", "KubernetesTypes", "Observability", "Operator",
                "PlatformAPI", "TelegramBotAPI", "YAML",
            ], without: ["Golden"]),
        tests(
            "GatewayTests",
            [
                "Concurrency", "ControllerRuntime", "Gateway", "HTTPClient", "HTTPServer", "HTTPTypes", "JSON",
                "KafkaClient", "KubernetesTypes", "Observability", "PlatformAPI", "RedisClient", "TelegramBotAPI",
            ]),
        tests(
            "GatewayIntegrationTests",
            [
                "Concurrency", "ControllerRuntime", "Cryptography", "Gateway", "HTTPClient", "HTTPServer", "HTTPTypes",
                "JSON", "KafkaClient", "KubernetesClient", "KubernetesTypes", "Observability", "PlatformAPI",
                "RedisClient", "Simulator", "TelegramBotAPI", "TestRig", "Tracing",
            ]),
        tests(
            "SimulatorTests",
            [
                "Concurrency", "HTTPClient", "HTTPServer", "HTTPTypes", "JSON", "Observability", "Simulator",
                "TelegramBotAPI",
            ]),
        tests(
            "WorkerKitTests",
            ["Concurrency", "JSON", "KafkaClient", "Observability", "PlatformAPI", "TestRig", "WorkerKit"]),
        tests("CommandLineTests", ["KafkaClient", "Observability", "RedisClient", "tgs"]),
        tests("TestRigTests", ["Concurrency", "TestRig"]),
        tests("OperatorIntegrationTests", ["KafkaClient", "Observability", "Operator"]),
        tests("ManifestIntegrationTests", ["JSON", "KubernetesTypes", "PlatformAPI", "TestRig", "YAML"]),

        // The whole platform on real servers.
        tests(
            "EndToEndTests",
            [
                "Concurrency", "HTTPClient", "HTTPTypes", "JSON", "KafkaClient", "KubernetesClient",
                "KubernetesTypes", "Observability", "PlatformAPI", "Simulator", "TelegramBotAPI", "TestRig", "tgs",
            ]),
    ],
    cxxLanguageStandard: .cxx17
)
