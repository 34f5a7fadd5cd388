"""A bot written with pyTelegramBotAPI, as anybody would write one; only its Bot API server is another."""

import hashlib
import os

from telebot import TeleBot, apihelper
from telebot.types import InlineKeyboardButton, InlineKeyboardMarkup

PHOTO = bytes(range(256)) * 1000
url = os.environ["TELEGRAM_API_BASE_URL"]
apihelper.API_URL = url + "/bot{0}/{1}"
apihelper.FILE_URL = url + "/file/bot{0}/{1}"
bot = TeleBot(os.environ["BOT_TOKEN"])


@bot.message_handler(commands=["photo"])
def photo(message):
    sent = bot.send_photo(message.chat.id, PHOTO, caption="a photo")
    data = bot.download_file(bot.get_file(sent.photo[-1].file_id).file_path)
    bot.send_message(message.chat.id, "photo " + hashlib.sha256(data).hexdigest())


@bot.message_handler(commands=["webhook"])
def webhook(message):
    done = bot.set_webhook("https://bots.example.org/hook", secret_token="s3cret")
    info = bot.get_webhook_info()
    bot.send_message(message.chat.id, f"webhook {done} {info.url!r}")


@bot.message_handler(func=lambda message: True)
def echo(message):
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("Press", callback_data="pressed")]])
    bot.send_message(message.chat.id, message.text, reply_markup=markup)


@bot.callback_query_handler(func=lambda query: True)
def press(query):
    bot.answer_callback_query(query.id)
    bot.edit_message_text("it was " + query.data, query.message.chat.id, query.message.message_id)


bot.remove_webhook()
bot.infinity_polling(timeout=20, long_polling_timeout=10)
