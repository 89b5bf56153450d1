"""A server that is far away, as a proxy on this machine."""

from __future__ import annotations

import asyncio
import math
import threading
from collections.abc import Callable

SEGMENT = 1460
# RFC 6928: what a server may send before the first acknowledgement.
INITIAL_WINDOW = 10 * SEGMENT


class Distance:
    """A proxy to a port, by which each byte takes half a round trip. With `tcp` a connection costs what TCP makes it
    cost: a whole round trip at first, and then the window of slow start, with no packet lost."""

    def __init__(self, port: int, round_trip: float, tcp: bool) -> None:
        """`round_trip` in seconds."""
        self._to = port
        self._round_trip = round_trip
        self._handshake = round_trip if tcp else 0
        self._window = INITIAL_WINDOW if tcp else math.inf
        # Sent by the server.
        self.bytes = 0
        self.connections = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        server = self._call(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    def close(self) -> None:
        self._call(self._cancel())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _cancel(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        # The client's kernel has connected at once.
        await asyncio.sleep(self._handshake)
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._to)
        await asyncio.gather(
            self._carry(reader, to_server, math.inf), self._carry(from_server, writer, self._window, self._count))

    def _count(self, sent: int) -> None:
        self.bytes += sent

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, window: float,
        count: Callable[[int], None] = lambda sent: None,
    ) -> None:
        in_flight = 0
        acknowledged = asyncio.Event()

        def acknowledge(size: int) -> None:
            nonlocal in_flight, window
            in_flight -= size
            window += size
            acknowledged.set()

        try:
            while data := await reader.read(SEGMENT):
                while in_flight + len(data) > window:
                    acknowledged.clear()
                    await acknowledged.wait()
                in_flight += len(data)
                count(len(data))
                self._loop.call_later(self._round_trip / 2, writer.write, data)
                self._loop.call_later(self._round_trip, acknowledge, len(data))
        except OSError:
            pass  # a browser that went away
        self._loop.call_later(self._round_trip / 2, writer.close)
