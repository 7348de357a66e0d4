// A TLS client and server on Node's tls, for captures. One JSON object of options as argument.
const tls = require("tls");
const fs = require("fs");
const o = JSON.parse(process.argv[2]);
const read = (f) => (f ? fs.readFileSync(f) : undefined);
const options = {
	minVersion: "TLSv" + o.low, maxVersion: "TLSv" + o.high, ciphers: o.ciphers || undefined,
	ecdhCurve: o.groups || undefined, sigalgs: o.signatures || undefined,
	ALPNProtocols: o.alpn.length ? o.alpn : undefined,
	ca: read(o.roots), cert: read(o.chain), key: read(o.key), crl: read(o.crl),
	rejectUnauthorized: o.verify, requestCert: o.ask, checkServerIdentity: undefined,
};
for (const k of Object.keys(options)) if (options[k] === undefined) delete options[k];
const fail = (e) => { console.log("ERR", e.code, e.message); };

if (o.serve) {
	const server = tls.createServer(options, (s) => {
		s.on("error", fail);
		s.once("data", () => s.end("HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"));
	});
	server.on("tlsClientError", fail);
	server.listen(o.port, "::");
} else {
	const s = tls.connect({ ...options, host: o.host, port: o.port, servername: o.name, family: o.family }, () => {
		console.log("OK", s.getProtocol(), s.getCipher().standardName);
		if (o.request) s.write("GET / HTTP/1.0\r\n\r\n");
		else s.end();
	});
	if (o.keylog) s.on("keylog", (line) => fs.appendFileSync(o.keylog, line));
	s.on("error", (e) => { fail(e); process.exitCode = 1; });
	s.on("data", () => {});
	s.setTimeout(20000, () => s.destroy());
}
