/// A file in a multipart request.
struct UploadedFile: Sendable, Equatable {
    let name: String
    let contentType: String
    let bytes: [UInt8]
}
