"""The limit to compare with: a bare uvicorn endpoint that stores votes in one table of SQLite, many in one transaction.

bare_server.py PORT DATABASE. It checks nothing, chooses nothing and keeps nothing but the row; it answers after the commit.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor

import uvicorn

PORT, DATABASE = int(sys.argv[1]), sys.argv[2]
ANSWER = b'{"refused":[]}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(ANSWER))]
waiting: list[tuple[bytes, tuple[int, int, str], asyncio.Future]] = []
writer = ThreadPoolExecutor(1)
state: dict = {}


def connect() -> None:
    state["database"] = sqlite3.connect(DATABASE, isolation_level=None)
    for statement in (
        "PRAGMA journal_mode=WAL",
        "PRAGMA synchronous=FULL",
        "CREATE TABLE IF NOT EXISTS vote (participant TEXT, statement INTEGER, key INTEGER, choice TEXT)",
    ):
        state["database"].execute(statement)


def store(rows: list[tuple]) -> None:
    database = state["database"]
    database.execute("BEGIN IMMEDIATE")
    database.executemany("INSERT INTO vote VALUES (?, ?, ?, ?)", rows)
    database.execute("COMMIT")


async def drain() -> None:
    loop = asyncio.get_running_loop()
    while waiting:
        batch = waiting[:]
        waiting.clear()
        await loop.run_in_executor(writer, store, [row for row, _ in batch])
        for _, future in batch:
            future.set_result(None)
    state["running"] = False


async def app(scope, receive, send) -> None:
    if scope["type"] != "http":
        return
    message = await receive()
    vote = json.loads(message["body"])["votes"][0]
    cookie = next(value for name, value in scope["headers"] if name == b"cookie")
    future = asyncio.get_running_loop().create_future()
    waiting.append(((cookie.decode(), vote["statement"], vote["key"], vote["choice"]), future))
    if not state.get("running"):
        state["running"] = True
        state["task"] = asyncio.create_task(drain())
    await future
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": ANSWER})


writer.submit(connect).result()
uvicorn.run(app, port=PORT, http="httptools", loop="uvloop", lifespan="off", access_log=False, log_level="warning", ws="none")
