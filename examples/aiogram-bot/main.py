"""An aiogram bot as it is anywhere else: it polls, and knows nothing of Kafka or Kubernetes.

Behind the gateway's Bot API proxy its token is an alias and its Bot API server the gateway; both come by the environment.
Anywhere else it runs with BOT_TOKEN alone.
"""

import asyncio
import os

from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import PRODUCTION, TelegramAPIServer
from aiogram.filters import CommandStart
from aiogram.types import CallbackQuery, InlineKeyboardButton, InlineKeyboardMarkup, Message

dispatcher = Dispatcher()


@dispatcher.message(CommandStart())
async def start(message: Message):
    await message.answer("I say back what you tell me.")


@dispatcher.message(F.text)
async def echo(message: Message):
    again = InlineKeyboardButton(text="Again", callback_data="again")
    await message.answer(message.text, reply_markup=InlineKeyboardMarkup(inline_keyboard=[[again]]))


@dispatcher.callback_query(F.data == "again")
async def again(query: CallbackQuery):
    await query.answer()
    await query.message.answer(query.message.text)


async def main():
    url = os.environ.get("TELEGRAM_API_BASE_URL")
    server = TelegramAPIServer.from_base(url) if url else PRODUCTION
    await dispatcher.start_polling(Bot(os.environ["BOT_TOKEN"], session=AiohttpSession(api=server)))


if __name__ == "__main__":
    asyncio.run(main())
