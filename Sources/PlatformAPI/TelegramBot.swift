package import KubernetesTypes

/// A Telegram bot that the platform runs: `kubectl get telegrambots`.
package struct TelegramBot: KubernetesResource, Equatable {
    package static let definition = ResourceDefinition(
        group: PlatformGroup.name, version: PlatformGroup.version, kind: "TelegramBot", plural: "telegrambots")

    package var metadata: ObjectMeta
    package var spec: TelegramBotSpec
    package var status: TelegramBotStatus?

    package init(metadata: ObjectMeta, spec: TelegramBotSpec, status: TelegramBotStatus? = nil) {
        self.metadata = metadata
        self.spec = spec
        self.status = status
    }
}

/// The API group of all resources of the platform.
package enum PlatformGroup {
    package static let name = "telegram-serverless.io"
    package static let version = "v1alpha1"
}
