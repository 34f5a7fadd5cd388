import Foundation
import JSON
import PlatformAPI
import Testing

@Suite struct CallResultTests {
    private func text(_ id: String?, _ outcome: CallResult.Outcome) throws -> String {
        let bytes = CallResult(requestID: id, method: "sendMessage", attempts: 2, outcome: outcome).encode()
        // Readers take it.
        _ = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func aResultIsToldByteForByte() throws {
        let result = #"{ "message_id":1,"text":"\u00e9" , "x":1.10}"#
        #expect(
            try text("a\"b", .done(result: Array(result.utf8)))
                == #"{"request_id":"a\"b","method":"sendMessage","attempts":2,"ok":true,"result":\#(result)}"#)
        #expect(try text(nil, .done(result: nil)) == #"{"method":"sendMessage","attempts":2,"ok":true}"#)
    }

    @Test func aFailureIsToldWithItsReason() throws {
        #expect(
            try text("r", .failed(reason: "forbidden", description: "Forbidden: \n", errorCode: 403))
                == #"{"request_id":"r","method":"sendMessage","attempts":2,"ok":false,"error_code":403,"#
                + #""reason":"forbidden","description":"Forbidden: \n"}"#)
        #expect(
            try text("r", .failed(reason: "given_up", description: "", errorCode: nil)).contains("error_code") == false)
    }
}
