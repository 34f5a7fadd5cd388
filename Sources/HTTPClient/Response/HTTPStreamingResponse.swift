package import HTTPTypes

/// An answer whose body is still coming in.
package struct HTTPStreamingResponse: Sendable {
    package let status: HTTPStatus
    package let headers: HTTPHeaders

    /// The protocol's version: `1.0`, `1.1` or `2`.
    package let version: String

    /// What comes behind the head. Dropping it, or ending its iteration early, cancels the transfer.
    package let body: HTTPBodyStream
}
