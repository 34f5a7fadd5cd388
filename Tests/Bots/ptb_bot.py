"""A bot written with python-telegram-bot, as anybody would write one; only its Bot API server is another."""

import hashlib
import os

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import ApplicationBuilder, CallbackQueryHandler, CommandHandler, ContextTypes, MessageHandler, filters

PHOTO = bytes(range(256)) * 1000


async def photo(update: Update, context: ContextTypes.DEFAULT_TYPE):
    sent = await update.message.reply_photo(PHOTO, caption="a photo")
    file = await context.bot.get_file(sent.photo[-1].file_id)
    data = bytes(await file.download_as_bytearray())
    await update.message.reply_text("photo " + hashlib.sha256(data).hexdigest())


async def webhook(update: Update, context: ContextTypes.DEFAULT_TYPE):
    done = await context.bot.set_webhook("https://bots.example.org/hook", secret_token="s3cret")
    info = await context.bot.get_webhook_info()
    await update.message.reply_text(f"webhook {done} {info.url!r}")


async def echo(update: Update, context: ContextTypes.DEFAULT_TYPE):
    button = InlineKeyboardButton("Press", callback_data="pressed")
    await update.message.reply_text(update.message.text, reply_markup=InlineKeyboardMarkup([[button]]))


async def press(update: Update, context: ContextTypes.DEFAULT_TYPE):
    await update.callback_query.answer()
    await update.callback_query.edit_message_text("it was " + update.callback_query.data)


url = os.environ["TELEGRAM_API_BASE_URL"]
application = (
    ApplicationBuilder()
    .token(os.environ["BOT_TOKEN"])
    .base_url(f"{url}/bot")
    .base_file_url(f"{url}/file/bot")
    .build()
)
application.add_handler(CommandHandler("photo", photo))
application.add_handler(CommandHandler("webhook", webhook))
application.add_handler(MessageHandler(filters.TEXT, echo))
application.add_handler(CallbackQueryHandler(press))
application.run_polling(timeout=10)
