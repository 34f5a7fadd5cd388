/// The fields of `application/x-www-form-urlencoded`.
package enum FormFields {
    /// The fields in their order, decoded; what is not a valid escape stands for itself.
    package static func parse(_ bytes: ArraySlice<UInt8>) -> [(name: String, value: String)] {
        RequestTarget.parameters(bytes)
    }
}
