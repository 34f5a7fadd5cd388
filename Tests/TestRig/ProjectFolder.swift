import Foundation

/// The folder of this repository.
package enum ProjectFolder {
    package static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// The folder of the CustomResourceDefinitions.
    package static var crds: String { "\(path)/crds" }
}
