// A client on the fetch of Bun. Arguments: URL, file of roots, whether to verify.
const [, , url, roots, verify] = process.argv;

try {
	const answer = await fetch(url, {tls: {ca: require("fs").readFileSync(roots, "utf8"), rejectUnauthorized: JSON.parse(verify)}});
	console.log("OK", answer.status, (await answer.text()).length);
} catch (e) {
	console.log("ERR", e.code, e.message);
}
process.exit(0);
