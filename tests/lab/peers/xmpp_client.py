"""A client of XMPP: xmpp_client.py MODE HOST PORT ROOTS; MODE starttls or direct."""

import asyncio
import logging
import sys

import slixmpp

MODE, HOST, PORT, ROOTS = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]
logging.basicConfig(level=logging.DEBUG, format="%(message)s")


class Client(slixmpp.ClientXMPP):
	def __init__(self):
		super().__init__("kim@" + HOST, "secret")
		self.ca_certs = ROOTS
		for event in ("failed_auth", "session_start", "connection_failed", "ssl_invalid_cert", "disconnected"):
			self.add_event_handler(event, lambda data, event=event: self.over(event))

	def over(self, event):
		print("EVENT", event, flush=True)
		self.loop.call_later(0.3, self.loop.stop)


client = Client()
client.connect((HOST, PORT), use_ssl=MODE == "direct", force_starttls=MODE == "starttls")
client.loop.call_later(8, client.loop.stop)
client.loop.run_forever()
