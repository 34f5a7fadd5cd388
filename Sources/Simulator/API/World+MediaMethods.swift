import JSON

extension World {
    /// Messages with files.
    static let mediaMethods: [String: Method] = {
        var methods: [String: Method] = [
            "sendMediaGroup": { world, context, _ in try world.sendMediaGroup(context) },
            "getFile": { world, context, _ in
                guard let file = world.files[context.arguments.string("file_id")] else {
                    throw APIFailure.badRequest("invalid file_id")
                }
                return MethodResult(
                    result: JSONObjectWriter.object {
                        $0.add("file_id", file.id)
                        $0.add("file_unique_id", file.uniqueID)
                        $0.add("file_size", Int64(file.upload.bytes.count))
                        $0.add("file_path", file.path)
                    })
            },
        ]
        for field in ["photo", "document", "audio", "video", "animation", "voice", "video_note", "sticker"] {
            let name = "send" + field.split(separator: "_").joined()
            methods[name] = { world, context, _ in try world.sendMedia(context, field: field) }
        }
        return methods
    }()

    private static let longestCaption = 1024

    private mutating func sendMedia(_ context: MethodContext, field: String) throws(APIFailure) -> MethodResult {
        let chat = try target(context)
        guard context.arguments.isPresent(field) else { throw .badRequest("there is no \(field) in the request") }
        let caption = context.arguments.string("caption")
        let reference = context.arguments.string(field)
        let media = try media(context, field: field, reference: reference, upload: context.arguments.files[field])
        let markup = try inlineKeyboard(context.arguments)
        try countSending(context, to: chat)
        return post(context, to: chat, text: caption, content: try Self.content(media, caption), markup: markup)
    }

    private mutating func sendMediaGroup(_ context: MethodContext) throws(APIFailure) -> MethodResult {
        let chat = try target(context)
        guard case .array(let items)? = context.arguments.json("media"), !items.isEmpty else {
            throw .badRequest("there are no messages to send")
        }
        guard items.count <= 10 else { throw .badRequest("too many messages to send as an album") }
        try countSending(context, to: chat)
        var results: [MethodResult] = []
        for item in items {
            let caption = item["caption"]?.stringValue ?? ""
            let media = try media(
                context, field: item["type"]?.stringValue ?? "", reference: item["media"]?.stringValue ?? "",
                upload: nil)
            results.append(post(context, to: chat, text: caption, content: try Self.content(media, caption)))
        }
        return MethodResult(
            result: JSONObjectWriter.array(results.map(\.result)), chatID: chat.id, messageID: results.first?.messageID)
    }

    private static func content(_ media: String, _ caption: String) throws(APIFailure) -> String {
        guard caption.unicodeScalars.count <= longestCaption else { throw .badRequest("message caption is too long") }
        return caption.isEmpty ? media : media + "," + JSONObjectWriter.members { $0.add("caption", caption) }
    }

    /// The member of `Message` for a file that was uploaded, attached, sent before, or stands at a URL.
    private mutating func media(
        _ context: MethodContext, field: String, reference: String, upload: UploadedFile?
    ) throws(APIFailure) -> String {
        var upload = upload
        if upload == nil, reference.hasPrefix("attach://") {
            upload = context.arguments.files[String(reference.dropFirst("attach://".count))]
        }
        let file: FileStore.File
        if let upload {
            guard !upload.bytes.isEmpty else { throw .badRequest("file must be non-empty") }
            file = files.add(upload, folder: field + "s")
        } else if let known = files[reference] {
            file = known
        } else if reference.hasPrefix("http://") || reference.hasPrefix("https://") {
            let name = reference.split(separator: "/").last.map(String.init) ?? "file"
            file = files.add(
                UploadedFile(name: name, contentType: "application/octet-stream", bytes: []), folder: field + "s")
        } else {
            throw .badRequest("wrong file identifier/HTTP URL specified")
        }
        let object = JSONObjectWriter.object {
            $0.add("file_id", file.id)
            $0.add("file_unique_id", file.uniqueID)
            $0.add("file_size", Int64(file.upload.bytes.count))
            switch field {
            case "photo":
                $0.add("width", Int64(1))
                $0.add("height", Int64(1))
            case "document":
                $0.add("file_name", file.upload.name)
                $0.add("mime_type", file.upload.contentType)
            case "audio", "voice": $0.add("duration", Int64(1))
            default:
                $0.add("width", Int64(1))
                $0.add("height", Int64(1))
                $0.add("duration", Int64(1))
            }
        }
        return "\"\(field)\":" + (field == "photo" ? "[\(object)]" : object)
    }
}
