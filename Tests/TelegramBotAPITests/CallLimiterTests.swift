import TelegramBotAPI
import Testing

@Suite struct CallLimiterTests {
    private let start = ContinuousClock.now
    private var limiter = CallLimiter()

    private func message(_ chat: String, count: Int = 1, isBulk: Bool = false) -> LimitedCall {
        LimitedCall(kind: .messages(count), chat: chat, isBulk: isBulk)
    }

    /// Asks again as it is told to, and answers when, in seconds from the start.
    private mutating func send(_ call: LimitedCall, from seconds: Double = 0) -> Double {
        var now = start + .seconds(seconds)
        while let at = limiter.take(call, now: now) {
            #expect(at > now)
            now = at
        }
        return (now - start) / .seconds(1)
    }

    @Test mutating func aChatTakesABurstAndThenOneASecond() {
        var times: [Double] = []
        for _ in 0..<6 { times.append(send(message("5"), from: times.last ?? 0)) }
        #expect(times == [0, 0, 0, 1.05, 2.05, 3.05], "a twentieth for what travels faster")
        // Another chat has a burst of its own; a rest gives the burst back.
        #expect(send(message("6")) == 0)
        #expect((0..<4).map { _ in send(message("5"), from: 60) } == [60, 60, 60, 61.05])
    }

    @Test mutating func aGroupTakesTwentyInAnyMinute() {
        var times: [Double] = []
        for _ in 0..<60 { times.append(send(message("-100"), from: times.last ?? 0)) }
        for (index, time) in times.enumerated() where index >= 20 { #expect(time - times[index - 20] >= 60) }
        #expect(times[59] < 140)
        // A channel is meant by its name.
        for _ in 0..<20 { _ = send(message("@news"), from: 0) }
        #expect(send(message("@news"), from: 18) >= 60)
    }

    @Test mutating func eachMessageOfAnAlbumCounts() {
        #expect(send(message("5", count: 10)) == 0)
        #expect(send(message("5")) == 8.05)
        for _ in 0..<2 { _ = send(message("-100", count: 10)) }
        #expect(send(message("-100")) >= 60)
        // More at once than the limit has would wait forever.
        #expect(send(message("-200", count: 30)) == 0)
    }

    @Test mutating func aBroadcastUsesWhatIsAllowedAndNoMore() {
        var times: [Double] = []
        for chat in 0..<1000 { times.append(send(message("\(chat)", isBulk: true), from: times.last ?? 0)) }
        for (index, time) in times.enumerated() where index >= 30 { #expect(time - times[index - 30] >= 0.999_999) }
        #expect(times[999] < 34)
    }

    @Test mutating func answersCountForTheBroadcastAndDoNotWaitForIt() {
        for chat in 0..<30 { #expect(send(message("\(chat)", isBulk: true)) == 0) }
        #expect(send(message("1000"), from: 0.5) == 0.5)
        // One of the first thirty leaves the window, the answer is in it still.
        #expect(send(message("1001", isBulk: true), from: 0.6) == 1.02)
        for chat in 2000..<2028 { #expect(send(message("\(chat)", isBulk: true), from: 1.02) == 1.02) }
        #expect(send(message("3000", isBulk: true), from: 1.02) == 1.52)
    }

    @Test mutating func whatTelegramDoesNotCountPasses() {
        for _ in 0..<100 {
            #expect(send(LimitedCall(method: "answerCallbackQuery", chat: nil)) == 0)
            #expect(send(LimitedCall(method: "sendChatAction", chat: "5")) == 0)
            #expect(send(LimitedCall(method: "deleteMessage", chat: "5")) == 0)
        }
        #expect(send(message("5")) == 0)
    }

    @Test mutating func editsHaveALimitOfTheirOwn() {
        let edit = LimitedCall(method: "editMessageText", chat: "5")
        #expect((0..<7).map { _ in send(edit) } == [0, 0, 0, 0, 0, 1.05, 2.05])
        #expect(send(message("5")) == 0)
    }

    @Test(arguments: [
        ("sendMessage", LimitedCall.Kind.messages(1)), ("SENDPHOTO", .messages(1)), ("copyMessage", .messages(1)),
        ("forwardMessages", .messages(1)), ("editMessageCaption", .edit), ("stopPoll", .edit),
        ("sendChatAction", .uncounted), ("sendMessageDraft", .uncounted), ("banChatMember", .uncounted),
        ("getChat", .uncounted), ("sendSomethingNew", .messages(1)), ("editChatInviteLink", .uncounted),
    ])
    func methodsCountAsTheyShould(method: String, kind: LimitedCall.Kind) {
        #expect(LimitedCall(method: method, chat: "5").kind == kind)
    }

    @Test mutating func withoutLimitsNothingWaits() {
        limiter = CallLimiter(limits: .none)
        for _ in 0..<1000 {
            #expect(send(message("5")) == 0)
            #expect(send(message("-100", count: 10, isBulk: true)) == 0)
        }
        // But for what Telegram says.
        #expect(limiter.refused(message("5"), until: start + .seconds(2), now: start) == .chat)
        #expect(send(message("5")) == 2)
    }

    // MARK: 429

    @Test mutating func aBusyChatIsPausedAlone() {
        for _ in 0..<3 { _ = send(message("5")) }
        let until = start + .seconds(7)
        #expect(limiter.refused(message("5"), until: until, now: start) == .chat)
        #expect(send(message("6")) == 0)
        #expect(send(LimitedCall(method: "editMessageText", chat: "5")) == 7)
        // Slower than before: a second was too fast.
        #expect(send(message("5"), from: 30) == 30)
        var times = [30.0]
        for _ in 0..<4 { times.append(send(message("5"), from: times.last ?? 0)) }
        #expect(times[4] - times[3] == 2)
    }

    /// In a broadcast no chat is written to twice: a 429 is about all of it.
    @Test mutating func aChatThatWasNotBusyMeansTheBot() {
        _ = send(message("5", isBulk: true))
        #expect(limiter.refused(message("5", isBulk: true), until: start + .seconds(4), now: start) == .bot)
        #expect(send(message("6", isBulk: true)) == 4)
        #expect(send(LimitedCall(method: "answerCallbackQuery", chat: nil)) == 4)
        // The broadcast is slower for a while.
        let before = (7..<35).filter { send(message("\($0)", isBulk: true), from: 4) == 4 }.count
        #expect(before == 27)
        #expect(send(message("40", isBulk: true), from: 20) == 20)
        #expect((100..<129).filter { send(message("\($0)", isBulk: true), from: 20) == 20 }.count == 29)
    }

    @Test mutating func aSecondChatMeansTheBot() {
        for chat in ["5", "6"] { for _ in 0..<3 { _ = send(message(chat)) } }
        #expect(limiter.refused(message("5"), until: start + .seconds(10), now: start) == .chat)
        #expect(limiter.refused(message("6"), until: start + .seconds(11), now: start) == .bot)
        #expect(send(message("7")) == 11)
    }

    /// Hours for one chat, seconds for another: these are two limits.
    @Test mutating func aLongPauseOfOneChatDoesNotStopTheBotForLong() {
        _ = send(message("5"))
        #expect(limiter.refused(message("5"), until: start + .seconds(7200), now: start) == .chat)
        #expect(send(message("6")) == 0)
        #expect(limiter.refused(message("6"), until: start + .seconds(3), now: start) == .bot)
        #expect(send(message("7")) == 3)
        #expect(send(message("5")) == 7200)
    }

    @Test mutating func aNewTokenBeginsAnew() {
        _ = send(message("5"))
        _ = limiter.refused(message("5"), until: start + .seconds(50), now: start)
        limiter.reset()
        #expect(send(message("5")) == 0)
    }

    @Test mutating func chatsAreForgottenAndLimitsKept() {
        for chat in 0..<5000 { _ = send(message("\(chat)"), from: Double(chat)) }
        #expect(limiter.knownChats < 500)
        for _ in 0..<20 { _ = send(message("-100"), from: 5000) }
        for chat in 6000..<6400 { _ = send(message("\(chat)"), from: 5019) }
        #expect(send(message("-100"), from: 5020) >= 5060)
    }
}
