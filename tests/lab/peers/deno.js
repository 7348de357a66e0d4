// A TLS client and server on Deno's own interface (rustls). One JSON object of options as argument.
const o = JSON.parse(Deno.args[0]);
const read = (f) => f ? Deno.readTextFileSync(f) : undefined;
const tell = (e) => console.log("ERR", e.name, e.message);

async function talk() {
	const own = o.chain ? { cert: read(o.chain), key: read(o.key) } : {};
	try {
		let s;
		if (o.name && o.name !== o.host) {
			const tcp = await Deno.connect({ hostname: o.host, port: o.port });
			s = await Deno.startTls(tcp, { hostname: o.name, caCerts: [read(o.roots)], alpnProtocols: o.alpn });
		} else {
			s = await Deno.connectTls({ hostname: o.host, port: o.port, caCerts: [read(o.roots)],
				alpnProtocols: o.alpn, ...own });
		}
		await s.handshake();
		console.log("OK");
		await s.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
		const b = new Uint8Array(4096);
		while (await s.read(b) !== null);
		s.close();
	} catch (e) {
		tell(e);
		Deno.exit(1);
	}
}

async function serve() {
	const l = Deno.listenTls({ port: o.port, hostname: "0.0.0.0", cert: read(o.chain), key: read(o.key), alpnProtocols: o.alpn });
	for (;;) {
		const s = await l.accept().catch(tell);
		if (!s) continue;
		try {
			await s.handshake();
			await s.read(new Uint8Array(4096));
			await s.write(new TextEncoder().encode("HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"));
			s.close();
		} catch (e) {
			tell(e);
		}
	}
}

await (o.serve ? serve() : talk());
