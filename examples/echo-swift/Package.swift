// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "echo-swift",
    products: [.executable(name: "echo-swift", targets: ["EchoBot"])],
    dependencies: [.package(name: "telegram-serverless", path: "../..")],
    targets: [
        .executableTarget(
            name: "EchoBot", dependencies: [.product(name: "WorkerKit", package: "telegram-serverless")])
    ]
)
