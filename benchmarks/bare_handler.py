"""The least that can answer a sale: an aiohttp handler that inserts its bytes with one commit.

    python -m benchmarks.bare_handler FOLDER SOCKET

FOLDER holds `row`, what a sale leaves in the journal, and `answer`, what is answered.
"""

import json
import sys
from pathlib import Path

from aiohttp import web

from benchmarks import bare_sqlite


def build_app(folder: Path) -> web.Application:
    """Return the application; its file `bare.db` is made anew."""
    row, answer = (folder / "row").read_bytes(), (folder / "answer").read_bytes()
    connection = bare_sqlite.connect(folder / "bare.db")
    connection.execute("CREATE TABLE sales (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT")

    async def sell(request: web.Request) -> web.Response:
        await request.json()
        connection.execute("INSERT INTO sales (body) VALUES (?)", (row,))
        return web.Response(body=answer, status=201, content_type="application/json")

    async def ready(_app: web.Application) -> None:
        print(json.dumps({"event": "listening"}), flush=True)

    app = web.Application()
    app.router.add_post("/v1/sales", sell)
    app.on_startup.append(ready)
    return app


if __name__ == "__main__":
    # `print=None`: the ready line is the only one; the socket exists before a client retries.
    web.run_app(build_app(Path(sys.argv[1])), path=sys.argv[2], print=None, access_log=None)
