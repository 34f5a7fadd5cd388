import WorkerKit

// The platform's environment tells which bot this is and where its topics are.
await Worker.main { update, bot in
    if update.command == "start" {
        try await bot.reply(to: update, "Hello! Write me something and I say it back.")
    } else if let text = update.text {
        try await bot.reply(to: update, "You said: \(text)")
    }
}
