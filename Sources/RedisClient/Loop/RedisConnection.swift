import CHiredis
import Glibc

/// A connection that never blocks: hiredis's buffers and its reader of answers. Belongs to the loop's thread.
@safe final class RedisConnection {
    private static let pieceBytes = 64 << 10

    private let context: UnsafeMutablePointer<redisContext>
    private let piece: UnsafeMutableRawBufferPointer
    private let maxReplyBytes: Int
    /// Read since the last whole answer.
    private var unansweredBytes = 0
    /// Whether something is left to be written.
    private(set) var hasOutput = false

    /// Begins to connect; the descriptor becomes writable at the end of it. A host's name is looked up in here, which may
    /// take the resolver's time.
    init(_ url: RedisURL, maxReplyBytes: Int) throws(RedisError) {
        guard let context = unsafe redisConnectNonBlock(url.host, CInt(url.port)) else {
            throw RedisError(.resources, "hiredis could not make a connection; is there memory left?")
        }
        guard unsafe context.pointee.err == 0 else {
            let text = unsafe Self.text(context)
            unsafe redisFree(context)
            throw RedisError(.unavailable, text)
        }
        guard unsafe chiredis_prepare_socket(context.pointee.fd) == 0 else {
            let code = errno
            unsafe redisFree(context)
            throw RedisError(.resources, "a socket could not be set up: \(Self.text(code))")
        }
        // What the reader keeps of its buffer between answers; with less it would be made anew for every piece.
        unsafe context.pointee.reader.pointee.maxbuf = 4 * Self.pieceBytes
        unsafe self.context = unsafe context
        unsafe piece = .allocate(byteCount: Self.pieceBytes, alignment: 16)
        self.maxReplyBytes = maxReplyBytes
    }

    deinit {
        unsafe redisFree(context)
        unsafe piece.deallocate()
    }

    var descriptor: CInt { unsafe context.pointee.fd }

    /// To be asked when the descriptor has become writable for the first time.
    func finishConnecting() throws(RedisError) {
        let code = chiredis_connect_error(descriptor)
        guard code == 0 else { throw RedisError(.unavailable, Self.text(code)) }
    }

    /// Puts whole commands behind what is to be written.
    func append(_ bytes: [UInt8]) throws(RedisError) {
        let code = unsafe bytes.withUnsafeBytes { bytes in
            unsafe redisAppendFormattedCommand(
                context, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        guard code == REDIS_OK else { throw RedisError(.resources, unsafe Self.text(context)) }
        hasOutput = true
    }

    /// Writes what the socket takes at present.
    func flush() throws(RedisError) {
        var isDone: CInt = 0
        var before = -1
        // Until all is written or the socket is full: hiredis says neither, but its buffer stays as it was then.
        while isDone == 0, outputCount != before {
            before = outputCount
            guard unsafe redisBufferWrite(context, &isDone) == REDIS_OK else {
                throw RedisError(.unavailable, unsafe Self.text(context))
            }
        }
        hasOutput = isDone == 0
    }

    /// Reads what has come, up to one piece.
    /// - Returns: whether more may be there.
    func receive() throws(RedisError) -> Bool {
        let count = unsafe recv(descriptor, piece.baseAddress, piece.count, 0)
        if count < 0 {
            let code = errno
            if code == EAGAIN || code == EINTR { return false }
            throw RedisError(.unavailable, Self.text(code))
        }
        guard count > 0 else { throw RedisError(.unavailable, "the server closed the connection") }
        unansweredBytes += count
        guard unansweredBytes <= maxReplyBytes else {
            throw RedisError(.malformedReply, "an answer is longer than \(maxReplyBytes) bytes")
        }
        let code = unsafe redisReaderFeed(
            context.pointee.reader, piece.baseAddress?.assumingMemoryBound(to: CChar.self), count)
        guard code == REDIS_OK else { throw RedisError(.resources, unsafe Self.readerText(context)) }
        return unsafe count == piece.count
    }

    /// The next whole answer of those received; `nil` when there is none yet.
    func nextReply() throws(RedisError) -> RedisReply? {
        var reply: UnsafeMutableRawPointer?
        guard unsafe redisReaderGetReply(context.pointee.reader, &reply) == REDIS_OK else {
            throw RedisError(.malformedReply, "what came is no answer of Redis: \(unsafe Self.readerText(context))")
        }
        guard let reply = unsafe reply else { return nil }
        defer { unsafe freeReplyObject(reply) }
        unansweredBytes = 0
        return unsafe RedisReply(reply.assumingMemoryBound(to: redisReply.self))
    }

    private var outputCount: Int { unsafe context.pointee.obuf.map { unsafe sdslen($0) } ?? 0 }

    private static func text(_ code: CInt) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        guard unsafe strerror_r(code, &buffer, buffer.count) == 0 else { return "error \(code)" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    @unsafe private static func text(_ context: UnsafeMutablePointer<redisContext>) -> String {
        unsafe withUnsafeBytes(of: context.pointee.errstr) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    @unsafe private static func readerText(_ context: UnsafeMutablePointer<redisContext>) -> String {
        unsafe withUnsafeBytes(of: context.pointee.reader.pointee.errstr) { bytes in
            unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}

extension RedisReply {
    /// Copies what hiredis has read; its reader allows seven arrays in each other and no more.
    @unsafe fileprivate init(_ reply: UnsafePointer<redisReply>) {
        switch unsafe reply.pointee.type {
        case REDIS_REPLY_NIL: self = .null
        case REDIS_REPLY_INTEGER: self = unsafe .integer(Int(reply.pointee.integer))
        case REDIS_REPLY_STATUS: self = unsafe .status(String(decoding: Self.bytes(reply), as: UTF8.self))
        case REDIS_REPLY_ERROR: self = unsafe .error(String(decoding: Self.bytes(reply), as: UTF8.self))
        case REDIS_REPLY_ARRAY:
            let elements = unsafe UnsafeBufferPointer(start: reply.pointee.element, count: reply.pointee.elements)
            self = .array(
                unsafe elements.map { element in
                    guard let element = unsafe element else { return .null }
                    return unsafe RedisReply(element)
                })
        default: self = unsafe .string(Array(Self.bytes(reply)))
        }
    }

    @unsafe private static func bytes(_ reply: UnsafePointer<redisReply>) -> UnsafeRawBufferPointer {
        unsafe UnsafeRawBufferPointer(start: reply.pointee.str, count: reply.pointee.len)
    }
}
