// A TLS client on s2n, by way of aws-crt, for captures. One JSON object of options as argument.
const { io, http } = require("/tmp/tlswhy-lab/npm/node_modules/aws-crt");
const o = JSON.parse(process.argv[2]);
const context = o.chain ? io.TlsContextOptions.create_client_with_mtls_from_path(o.chain, o.key) : new io.TlsContextOptions();
if (o.roots) context.override_default_trust_store_from_path(undefined, o.roots);
context.verify_peer = o.verify;
context.min_tls_version = o.low === "1.3" ? io.TlsVersion.TLSv1_3 : io.TlsVersion.TLSv1_2;
if (o.alpn.length) context.alpn_list = o.alpn;
const tls = new io.TlsConnectionOptions(new io.ClientTlsContext(context), o.name || undefined);
const socket = new io.SocketOptions(io.SocketType.STREAM, io.SocketDomain.IPV4, 15000);
const c = new http.HttpClientConnection(new io.ClientBootstrap(), o.host, o.port, socket, tls);
c.on("connect", () => {
	console.log("OK");
	const r = c.request(new http.HttpRequest("GET", "/", new http.HttpHeaders([["host", o.name]])));
	r.on("end", () => c.close());
	r.on("error", (e) => { console.log("ERR", e.message); c.close(); });
	r.activate();
});
c.on("error", (e) => { console.log("ERR", e.error_name, e.message); process.exitCode = 1; });
setTimeout(() => process.exit(2), 18000).unref();
