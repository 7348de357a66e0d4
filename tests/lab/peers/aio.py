"""A client on Python's asyncio, alone or under aiohttp: aio.py KIND HOST PORT ROOTS HIGH."""

import asyncio
import ssl
import sys

KIND, HOST, PORT, ROOTS, HIGH = sys.argv[1:6]


def context():
	c = ssl.create_default_context(cafile=ROOTS)
	if HIGH == "1.2":
		c.maximum_version = ssl.TLSVersion.TLSv1_2
	return c


async def streams():
	reader, writer = await asyncio.open_connection(HOST, int(PORT), ssl=context())
	writer.write(b"GET / HTTP/1.0\r\nHost: %s\r\n\r\n" % HOST.encode())
	print(len(await reader.read()))
	writer.close()


async def aiohttp():
	import aiohttp as library
	async with library.ClientSession() as session:
		async with session.get("https://%s:%s/" % (HOST, PORT), ssl=context()) as answer:
			print(answer.status)


try:
	asyncio.run(asyncio.wait_for(globals()[KIND](), 8))
	print("OK")
except Exception as e:
	print("ERR", type(e).__name__, e)
