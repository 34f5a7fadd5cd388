import CCurl

/// libcurl's state for the whole process, set up once and kept to the end.
enum CurlLibrary {
    static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
}
