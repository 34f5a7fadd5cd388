@testable import Simulator
import JSON
import Testing

@Suite struct ParsingTests {
    @Test func theQueryStandsBeforeTheBody() throws {
        let arguments = try APIArguments.parse(
            query: [("text", "query"), ("text", "again")], contentType: "application/json",
            body: Array(#"{"text":"body","chat_id":5,"flag":true,"list":["a"],"none":null}"#.utf8))
        #expect(arguments.string("text") == "query")
        #expect(arguments.int("chat_id") == 5)
        #expect(arguments.bool("flag"))
        #expect(arguments.json("list") == ["a"])
        #expect(arguments.string("none") == "")
    }

    @Test func forms() throws {
        let body = "chat_id=1&text=hi+%C3%A9&empty=&reply_markup=%7B%22inline_keyboard%22%3A+%5B%5D%7D&odd%"
        let arguments = try APIArguments.parse(
            query: [], contentType: "application/x-www-form-urlencoded; charset=utf-8", body: Array(body.utf8))
        #expect(arguments.int("chat_id") == 1)
        #expect(arguments.string("text") == "hi é")
        #expect(arguments.json("reply_markup")?["inline_keyboard"] == [])
        #expect(arguments.isPresent("empty") && arguments.isPresent("odd%"))
    }

    @Test func multipartAsTwoClientsWriteIt() throws {
        let bodies = [
            // Content-Type in front of Content-Disposition, boundary without quotes.
            (
                "multipart/form-data; boundary=afca6e",
                """
                --afca6e\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n\
                1\r\n--afca6e\r\nContent-Type: application/octet-stream\r\n\
                Content-Disposition: form-data; name="doc"; filename="a b.txt"\r\n\r\nab\r\nc\r\n--afca6e--\r\n
                """
            ),
            (
                "multipart/form-data; boundary=\"x y\"",
                """
                preamble\r\n--x y\r\nContent-Disposition: form-data; name="chat_id"\r\n\r\n1\r\n--x y\r\n\
                Content-Disposition: form-data; name="doc"; filename="a b.txt"\r\nContent-Type: text/plain\r\n\r\n\
                ab\r\nc\r\n--x y--
                """
            ),
        ]
        for (type, body) in bodies {
            let arguments = try APIArguments.parse(query: [], contentType: type, body: Array(body.utf8))
            #expect(arguments.string("chat_id") == "1")
            #expect(arguments.files["doc"]?.name == "a b.txt")
            #expect(arguments.files["doc"]?.bytes == Array("ab\r\nc".utf8))
        }
    }

    @Test func emptyPartsAreKept() throws {
        let body = "--b\r\nContent-Disposition: form-data; name=\"caption\"\r\n\r\n\r\n--b--\r\n"
        let arguments = try APIArguments.parse(
            query: [], contentType: "multipart/form-data; boundary=b", body: Array(body.utf8))
        #expect(arguments.isPresent("caption") && arguments.string("caption") == "")
    }

    @Test(arguments: [
        ("application/json", "{"), ("application/json", "[1]"), ("multipart/form-data", "--b"),
        ("multipart/form-data; boundary=b", "nothing"), ("multipart/form-data; boundary=b", "--b\r\n\r\n"),
        ("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--"),
    ])
    func bodiesThatAreNotWhatTheySay(_ type: String, _ body: String) {
        #expect(throws: APIFailure.self) {
            try APIArguments.parse(query: [], contentType: type, body: Array(body.utf8))
        }
    }

    @Test func damagedMultipartNeverCrashes() {
        var random = SeededRandom(seed: 5)
        let body = Array(
            "--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"\\\"\"\r\n\r\nxyz\r\n--b--\r\n".utf8)
        for _ in 0..<20_000 {
            var damaged = body
            for _ in 0..<3 where !damaged.isEmpty {
                let at = Int.random(in: damaged.indices, using: &random)
                if Bool.random(using: &random) {
                    damaged.remove(at: at)
                } else {
                    damaged[at] = .random(in: 0...255, using: &random)
                }
            }
            _ = MultipartForm.parse(damaged, contentType: "multipart/form-data; boundary=b")
        }
    }

    @Test func theUpdatesNumberIsFoundWhereverItStands() throws {
        for (text, digits) in [
            (#"{"update_id":12,"message":{}}"#, "12"), (#"{"message":{"update_id":5},"update_id" : 77 }"#, "77"),
            (#"{"a":"\"update_id\":1","b":"update_id","update_id":-3}"#, "-3"),
            (#"{"a":["update_id",{"update_id":1}],"update_id":9}"#, "9"),
        ] {
            let bytes = Array(text.utf8)
            let place = try #require(UpdateIDPlace.find(in: bytes))
            #expect(String(decoding: bytes[place], as: UTF8.self) == digits)
        }
        #expect(UpdateIDPlace.find(in: Array("{}".utf8)) == nil)
    }
}
