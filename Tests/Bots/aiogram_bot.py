"""A bot written with aiogram, as anybody would write one; only its Bot API server is another."""

import asyncio
import hashlib
import os

from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command
from aiogram.types import BufferedInputFile, CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

PHOTO = bytes(range(256)) * 1000
dispatcher = Dispatcher()


@dispatcher.message(Command("photo"))
async def photo(message: Message, bot: Bot):
    sent = await message.answer_photo(BufferedInputFile(PHOTO, "photo.jpg"), caption="a photo")
    file = await bot.get_file(sent.photo[-1].file_id)
    data = (await bot.download_file(file.file_path)).read()
    await message.answer("photo " + hashlib.sha256(data).hexdigest())


@dispatcher.message(Command("webhook"))
async def webhook(message: Message, bot: Bot):
    done = await bot.set_webhook("https://bots.example.org/hook", secret_token="s3cret")
    info = await bot.get_webhook_info()
    await message.answer(f"webhook {done} {info.url!r}")


@dispatcher.message(F.text)
async def echo(message: Message):
    button = InlineKeyboardButton(text="Press", callback_data="pressed")
    await message.answer(message.text, reply_markup=InlineKeyboardMarkup(inline_keyboard=[[button]]))


@dispatcher.callback_query()
async def press(query: CallbackQuery):
    await query.answer()
    await query.message.edit_text("it was " + query.data)


async def main():
    server = TelegramAPIServer.from_base(os.environ["TELEGRAM_API_BASE_URL"])
    bot = Bot(os.environ["BOT_TOKEN"], session=AiohttpSession(api=server))
    await bot.delete_webhook()
    await dispatcher.start_polling(bot, polling_timeout=10)


asyncio.run(main())
