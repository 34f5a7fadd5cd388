import Concurrency
import HTTPServer
import HTTPTypes
import TelegramBotAPI
import Testing

@testable import Gateway

@Suite struct CallArgumentsTests {
    private static let multipart = "multipart/form-data; boundary=\"b 1\""

    private func arguments(
        query: [(name: String, value: String)] = [], _ type: String = "", _ body: String = "", isWhole: Bool = true
    ) -> CallArguments {
        CallArguments(query: query, contentType: type, body: Array(body.utf8), isWhole: isWhole)
    }

    @Test(arguments: [
        ("application/x-www-form-urlencoded", "text=a%26chat_id%3D9&chat_id=-100%31&chat_id=7"),
        ("application/x-www-form-urlencoded; charset=utf-8", "chat_id=-1001"),
        ("application/json", #"{"text":"\"chat_id\":5","x":{"chat_id":6},"y":[{"chat_id":7}],"chat_id":-1001}"#),
        ("application/json", #" { "chat_id" : "-1001" , "chat_id":3}"#),
        ("application/json; charset=utf-8", "{\"chat_id\":\"-\\u0031001\"}"),
        (
            multipart,
            "--b 1\r\nContent-Disposition: form-data; name=\"chat_id\"\r\nContent-Type: text/plain\r\n\r\n-1001\r\n"
                + "--b 1\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n5\r\n--b 1--\r\n"
        ),
        (
            multipart,
            "--b 1\r\nContent-Disposition: form-data; name=\"chat_id\"; filename=\"x\"\r\n\r\n5\r\n"
                + "--b 1\r\ncontent-disposition: form-data; name=chat_id\r\n\r\n-1001\r\n--b 1--"
        ),
    ])
    func theChatIsFoundInEachForm(type: String, body: String) {
        #expect(arguments(type, body).chat == "-1001")
    }

    @Test func theQueryGoesFirst() {
        let found = arguments(query: [("chat_id", "1"), ("chat_id", "2")], "application/json", #"{"chat_id":3}"#)
        #expect(found.chat == "1")
    }

    @Test(arguments: [
        ("application/x-www-form-urlencoded", "text=x&chat_id=-10"),
        ("application/json", #"{"text":"x","chat_id":-10"#),
        ("application/json", #"{"text":"x","chat_id":"-10"#),
        ("application/json", #"{"text":{"chat_id":5},"#),
        (multipart, "--b 1\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n-10"),
        (multipart, "--b 2\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n-10\r\n--b 2--"),
        ("text/plain", "chat_id=5"), ("application/json", "[]"), ("application/json", ""), ("", "{}"),
    ])
    func whatBreaksOffIsNotGuessedAt(type: String, body: String) {
        #expect(arguments(type, body, isWhole: false).chat == nil)
    }

    @Test func whatStandsBeforeAFileIsFoundWithoutIt() {
        let head =
            "--b 1\r\nContent-Disposition: form-data; name=\"chat_id\"\r\n\r\n-5\r\n"
            + "--b 1\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\r\n"
        let found = CallArguments(
            query: [], contentType: Self.multipart, body: Array(head.utf8) + [UInt8](repeating: 0xff, count: 5000),
            isWhole: false)
        #expect(found.chat == "-5")
        #expect(found.limitedCall("sendPhoto") == LimitedCall(kind: .messages(1), chat: "-5"))
    }

    @Test func albumsCountEachItem() {
        let media = #"[{"type":"photo","media":"attach://a"},{"caption":"[1,2],","media":"b"},{}]"#
        let album = arguments("application/json", #"{"chat_id":5,"media":\#(media)}"#)
        #expect(album.limitedCall("SendMediaGroup").kind == .messages(3))
        let form = arguments(query: [("chat_id", "5"), ("message_ids", "[1, 2]")])
        #expect(form.limitedCall("copyMessages").kind == .messages(2))
        #expect(arguments(query: [("chat_id", "5"), ("media", #"{"type":"photo"}"#)]).items == 1)
        #expect(arguments(query: [("message_ids", "[]")]).items == 1)
    }

    @Test func pollsAreReadAsTelegramDoes() {
        func poll(_ query: [(name: String, value: String)]) -> PollRequest { PollRequest(arguments(query: query)) }
        #expect(poll([]) == PollRequest(offset: nil, limit: 100, seconds: 0))
        #expect(
            poll([("offset", "8"), ("limit", "7"), ("timeout", "6")]) == PollRequest(offset: 8, limit: 7, seconds: 6))
        #expect(poll([("offset", "x"), ("limit", "0"), ("timeout", "-1")]) == PollRequest())
        #expect(poll([("limit", "101"), ("timeout", "1000")]).timeout == .seconds(50))
        let body = arguments("application/json", #"{"offset":-1,"timeout":10,"allowed_updates":["message"]}"#)
        #expect(PollRequest(body) == PollRequest(offset: -1, seconds: 10))
    }

    @Test func aBodyIsLookedAtOnlyAsFarAsNeeded() async throws {
        let pieces = ["chat_id=5&", "text=a", String(repeating: "b", count: 100_000), "never"]
        let position = Counter()
        var request = HTTPServerRequest(method: .post, target: "/")
        request.stream = HTTPServerBody(length: nil) {
            let number = position.next()
            return number < pieces.count ? Array(pieces[number].utf8) : nil
        }
        let body = try await PeekedBody(request) { $0.prefix.count > 5 }
        #expect(body.prefix == Array("chat_id=5&".utf8))
        #expect(body.rest != nil && body.length == nil)
        let whole = try await PeekedBody(request) { _ in false }
        #expect(whole.prefix.count == 100_006)
        #expect(whole.rest != nil, "no more than the limit and a piece")
    }

    @Test(
        arguments: [
            ("photos/file_0.jpg", "photos/file_0.jpg"), ("ä b", "%C3%A4%20b"), ("a%2f", "a%252f"), ("", nil),
            ("/a", nil),
            ("a/../b", nil), ("a//b", nil), ("a/.", nil), ("?x#y", "%3Fx%23y"),
        ] as [(String, String?)])
    func filePathsLeadNowhereElse(path: String, encoded: String?) {
        #expect(FilePath.encoded(path) == encoded)
    }

    @Test func fieldsOfTheConnectionStayThere() {
        let answer: HTTPHeaders = [
            "Content-Type": "a/b", "Connection": "keep-alive, X-Own", "X-Own": "1", "Transfer-Encoding": "chunked",
            "Content-Length": "5", "ETag": "x", "Keep-Alive": "5",
        ]
        #expect(ProxyHeaders.forAnswer(answer) == ["Content-Type": "a/b", "ETag": "x"])
        let request: HTTPHeaders = [
            "Content-Type": "a/b", "Accept-Encoding": "gzip", "Cookie": "c", "Range": "bytes=1-",
        ]
        #expect(ProxyHeaders.forRequest(request) == ["Content-Type": "a/b", "Range": "bytes=1-"])
    }
}

private final class Counter: Sendable {
    private let value = Locked(0)

    func next() -> Int {
        value.withLock { value in
            defer { value += 1 }
            return value
        }
    }
}
