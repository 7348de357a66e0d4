"""The certificates that scenarios ask for by name."""

import ca


def make(folder):
	a = ca.Authority(folder)
	pool = {"root": a.root, "middle": a.middle, "rival": a.rival, "clients": a.clients}
	pool["good"] = a.leaf("good")
	pool["rsa"] = a.leaf("rsa", kind="rsa2048")
	pool["expired"] = a.leaf("expired", days=(-400, -3))
	pool["not-yet"] = a.leaf("not-yet", days=(4, 300))
	pool["other-name"] = a.leaf("other-name", names="DNS:%s,DNS:www.birkenau.example" % ca.OTHER)
	pool["self"] = a.self_signed("self")
	pool["unknown"] = a.leaf("unknown", issuer=a.rival_middle, chain=[a.rival_middle.one])
	pool["unknown-with-root"] = a.leaf("unknown-with-root", issuer=a.rival_middle,
		chain=[a.rival_middle.one, a.rival.one])
	pool["unknown-direct"] = a.leaf("unknown-direct", issuer=a.rival, chain=[])
	pool["incomplete"] = a.leaf("incomplete", chain=[])
	return pool
