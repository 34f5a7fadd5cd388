import CCurl

/// One of libcurl's easy handles: the settings and the state of one transfer at a time. Belongs to the loop's thread.
@safe final class EasyHandle {
    /// libcurl's pointer; valid as long as this object.
    @unsafe let pointer: UnsafeMutableRawPointer
    private let errorBuffer: UnsafeMutableBufferPointer<CChar>
    private var headers: UnsafeMutablePointer<curl_slist>?
    private var connectTo: UnsafeMutablePointer<curl_slist>?

    init() throws(HTTPClientError) {
        guard let pointer = unsafe curl_easy_init() else {
            throw HTTPClientError(.other, "libcurl could not make a handle; is there memory left?")
        }
        unsafe self.pointer = unsafe pointer
        unsafe errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
        unsafe errorBuffer.initialize(repeating: 0)
    }

    deinit {
        unsafe curl_easy_cleanup(pointer)
        unsafe curl_slist_free_all(headers)
        unsafe curl_slist_free_all(connectTo)
        unsafe errorBuffer.deallocate()
    }

    /// Back to libcurl's defaults; what it remembers of DNS and TLS sessions stays.
    func reset() {
        unsafe curl_easy_reset(pointer)
        unsafe curl_slist_free_all(headers)
        unsafe curl_slist_free_all(connectTo)
        unsafe headers = nil
        unsafe connectTo = nil
        unsafe errorBuffer.update(repeating: 0)
    }

    func set(_ option: CURLoption, _ value: Int) throws(HTTPClientError) {
        try check(unsafe ccurl_set_long(pointer, option, value))
    }

    func set(_ option: CURLoption, _ value: Bool) throws(HTTPClientError) {
        try set(option, value ? 1 : 0)
    }

    func set(_ option: CURLoption, offset: Int) throws(HTTPClientError) {
        try check(unsafe ccurl_set_offset(pointer, option, Int64(offset)))
    }

    /// `nil` takes a default away.
    func set(_ option: CURLoption, _ value: String?) throws(HTTPClientError) {
        try check(unsafe ccurl_set_string(pointer, option, value))
    }

    /// Copied by libcurl; zero bytes may stand in it.
    func set(body: [UInt8]) throws(HTTPClientError) {
        try set(CURLOPT_POSTFIELDSIZE_LARGE, offset: body.count)
        try check(
            unsafe body.withUnsafeBytes { bytes in
                // An empty body must not be a null pointer: that would mean a body from the read callback.
                guard let address = bytes.baseAddress, unsafe !bytes.isEmpty else {
                    return unsafe ccurl_set_string(pointer, CURLOPT_COPYPOSTFIELDS, "")
                }
                return unsafe ccurl_set_string(
                    pointer, CURLOPT_COPYPOSTFIELDS, address.assumingMemoryBound(to: CChar.self))
            })
    }

    /// The blob must live as long as the transfer.
    func set(_ option: CURLoption, _ blob: PEMBlob) throws(HTTPClientError) {
        try check(unsafe ccurl_set_blob(pointer, option, blob.address, blob.count))
    }

    func set(headers lines: [String]) throws(HTTPClientError) {
        for line in lines { unsafe headers = try append(line, to: headers) }
        try check(unsafe ccurl_set_pointer(pointer, CURLOPT_HTTPHEADER, headers))
    }

    func set(connectTo line: String) throws(HTTPClientError) {
        unsafe connectTo = try append(line, to: connectTo)
        try check(unsafe ccurl_set_pointer(pointer, CURLOPT_CONNECT_TO, connectTo))
    }

    /// What callbacks and ``TransferLoop`` find the transfer by.
    @unsafe func set(context: UnsafeMutableRawPointer) throws(HTTPClientError) {
        for option in [
            CURLOPT_PRIVATE, CURLOPT_WRITEDATA, CURLOPT_HEADERDATA, CURLOPT_READDATA, CURLOPT_PREREQDATA,
        ] {
            try check(unsafe ccurl_set_pointer(pointer, option, context))
        }
        try check(unsafe ccurl_set_pointer(pointer, CURLOPT_ERRORBUFFER, errorBuffer.baseAddress))
    }

    @unsafe func set(_ option: CURLoption, callback: @escaping ccurl_data_callback) throws(HTTPClientError) {
        try check(unsafe ccurl_set_data_callback(pointer, option, callback))
    }

    @unsafe func set(beforeRequest callback: @escaping curl_prereq_callback) throws(HTTPClientError) {
        try check(unsafe ccurl_set_before_request(pointer, callback))
    }

    /// What libcurl says about the last failure, beyond its code; may be empty.
    var failureText: String {
        let bytes = unsafe errorBuffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func append(
        _ line: String, to list: UnsafeMutablePointer<curl_slist>?
    ) throws(HTTPClientError) -> UnsafeMutablePointer<curl_slist> {
        guard let longer = unsafe curl_slist_append(list, line) else {
            throw HTTPClientError(.other, "libcurl has no memory left for a list")
        }
        return unsafe longer
    }

    private func check(_ code: CURLcode) throws(HTTPClientError) {
        guard code != CURLE_OK else { return }
        throw HTTPClientError(
            .other, "libcurl refused a setting: \(curlText(code)); it must be 7.85 or newer with OpenSSL",
            curlCode: Int32(bitPattern: code.rawValue))
    }
}

/// libcurl's sentence for a code.
func curlText(_ code: CURLcode) -> String { unsafe String(cString: curl_easy_strerror(code)) }
