"""The least that can answer a heartbeat: an aiohttp handler that parses its JSON.

python -m benchmarks.bare_fleet
"""

import json

from aiohttp import web

_ANSWER = {"server_time": "2026-11-27T12:00:00Z", "leave": False, "images_wanted": []}


def build_app() -> web.Application:
    """Return the application."""

    async def beat(request: web.Request) -> web.Response:
        json.loads(await request.read())
        return web.json_response(_ANSWER)

    app = web.Application()
    app.router.add_post("/v1/heartbeats", beat)
    return app


async def _serve() -> None:
    runner = web.AppRunner(build_app(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(json.dumps({"event": "listening", "port": runner.addresses[0][1]}), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    import asyncio

    asyncio.run(_serve())
