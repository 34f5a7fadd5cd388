import JSON

extension APIArguments {
    /// Reads the arguments of a request: the query's first, then the body's by its content type. A body that cannot be
    /// read is Telegram's 400.
    static func parse(query: [(String, String)], contentType: String, body: [UInt8]) throws(APIFailure) -> APIArguments
    {
        var arguments = APIArguments()
        for (name, value) in query { arguments.add(name, .string(value)) }
        guard !body.isEmpty else { return arguments }
        let type = contentType.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        switch type {
        case "application/json":
            guard case .object(let members)? = JSONValue.parse(body) else {
                throw .badRequest("can't parse JSON object")
            }
            for (name, value) in members { arguments.add(name, value) }
        case "multipart/form-data":
            guard let parts = MultipartForm.parse(body, contentType: contentType) else {
                throw .badRequest("can't parse multipart request body")
            }
            for part in parts {
                if part.filename == nil {
                    arguments.add(part.name, .string(String(decoding: part.body, as: UTF8.self)))
                } else {
                    let type = part.contentType ?? "application/octet-stream"
                    let file = UploadedFile(name: part.filename ?? "", contentType: type, bytes: part.body)
                    arguments.add(part.name, file)
                }
            }
        case "application/x-www-form-urlencoded", "":
            for (name, value) in FormText.parse(body) { arguments.add(name, .string(value)) }
        default:
            // The official server ignores bodies it does not know.
            break
        }
        return arguments
    }
}
