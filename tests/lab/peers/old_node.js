// A TLS client and server on Node's tls, in the language of its first versions. One JSON object of options as argument.
var tls = require("tls"), fs = require("fs"), constants = require("constants");
var o = JSON.parse(process.argv[2]);
var ORDER = ["3.0", "1.0", "1.1", "1.2", "1.3"];
var MAJOR = parseInt(process.version.slice(1), 10);

function read(file) { return file ? fs.readFileSync(file) : undefined; }
function fail(e) { console.log("ERR", e.code, e.message); }

function versions(out) {
	if (MAJOR >= 12) {
		out.minVersion = "TLSv" + o.low;
		out.maxVersion = "TLSv" + o.high;
		return;
	}
	out.secureProtocol = "SSLv23_method";
	out.secureOptions = constants.SSL_OP_NO_SSLv2;
	ORDER.slice(0, 4).forEach(function (v) {
		if (ORDER.indexOf(v) < ORDER.indexOf(o.low) || ORDER.indexOf(v) > ORDER.indexOf(o.high))
			out.secureOptions |= constants[v === "3.0" ? "SSL_OP_NO_SSLv3" : "SSL_OP_NO_TLSv" + v.replace(".0", "").replace(".", "_")];
	});
}

function options() {
	var out = {ciphers: o.ciphers, ecdhCurve: o.groups, sigalgs: o.signatures, ca: read(o.roots), cert: read(o.chain), key: read(o.key),
		crl: read(o.crl), rejectUnauthorized: o.verify, requestCert: o.ask};
	if (o.alpn.length)
		out[MAJOR >= 5 ? "ALPNProtocols" : "NPNProtocols"] = o.alpn;
	versions(out);
	Object.keys(out).forEach(function (k) { if (out[k] === undefined || out[k] === "") delete out[k]; });
	return out;
}

function serve() {
	var server = tls.createServer(options(), function (s) {
		s.on("error", fail);
		s.once("data", function () { s.end("HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"); });
	});
	server.on("tlsClientError", fail);
	server.on("clientError", fail);
	server.listen(o.port, "::");
}

function connect() {
	var out = options(), s;
	out.host = o.host;
	out.port = o.port;
	out.servername = o.name;
	s = tls.connect(out, function () {
		console.log("OK", s.getCipher().name);
		if (o.request)
			s.write("GET / HTTP/1.0\r\n\r\n");
		else
			s.end();
	});
	s.on("error", function (e) { fail(e); process.exit(1); });
	s.on("data", function () {});
	s.setTimeout(20000, function () { s.destroy(); });
}

(o.serve ? serve : connect)();
