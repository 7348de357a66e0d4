"""The captures in pcaps/, what was written down about each, and what a program says of them."""

import glob
import json
import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
# A capture of the lab is a few kilobytes: a program that needs this long has hung.
PATIENCE_S = 60


class Answer:
	"""What the program printed: its records, or why they cannot be used."""

	def __init__(self, program, capture, keys, args):
		argv = [program, "--json"] + args + (["--keylog", keys] if keys else []) + ["-r", capture]
		self.records, self.trouble, self.status = [], None, None
		try:
			p = subprocess.run(argv, cwd=ROOT, capture_output=True, timeout=PATIENCE_S)
		except subprocess.TimeoutExpired:
			self.trouble = "still running after %d s" % PATIENCE_S
			return
		self.status = p.returncode
		try:
			self.records = [json.loads(line) for line in p.stdout.decode().splitlines()]
		except ValueError as e:
			self.trouble = "not NDJSON: %s" % e
		if p.returncode != 0:
			said = p.stderr.decode("utf-8", "replace").strip().split("\n")
			self.trouble = "exit status %d: %s" % (p.returncode, said[-1][:120])

	def of_type(self, kind):
		return [r for r in self.records if r.get("type") == kind]


class Verdict:
	"""One expected flow beside the record the program gave for it, if any."""

	def __init__(self, flow, record, with_keys):
		self.flow, self.record = flow, record
		self.codes = (flow.get("codes_with_keys") if with_keys else None) or flow.get("codes", [])
		self.outcomes = {flow["outcome"], *flow.get("outcomes_acceptable", [])}
		if flow["outcome"] == "none":
			self.outcomes |= {"completed", "inconclusive"}
		diagnosis = (record or {}).get("diagnosis") or {}
		self.outcome = record["outcome"] if record else "none"
		self.code = diagnosis.get("code")
		self.confidence = diagnosis.get("confidence")
		self.side = diagnosis.get("aborted_by")
		self.alternatives = [a.get("code") for a in diagnosis.get("alternatives", [])]
		self.right_outcome = self.outcome in self.outcomes
		# Where nothing was wrong, it is enough not to claim a failure.
		well = flow["outcome"] in ("completed", "none") and self.outcome != "failed"
		self.right_code = self.right_outcome and (well or self.outcome in ("completed", "none") or self.code in self.codes)
		self.right_side = self.right_outcome and (self.outcome in ("completed", "none") or not flow.get("aborted_by") or \
			self.side in flow["aborted_by"])

	def complaint(self):
		"""One line, or None when the program is right."""
		if not self.right_outcome:
			return "wants %s, has %s%s" % (" or ".join(sorted(self.outcomes)), self.outcome,
				" (%s)" % self.code if self.code else "")
		if not self.right_code:
			return "wants %s, has %s (%s)" % ("/".join(self.codes), self.code, self.confidence)
		if self.flow.get("says") and not re.search(self.flow["says"], ((self.record or {}).get("diagnosis") or {}).get("summary", "")):
			return "does not say %s: %s" % (self.flow["says"], self.record["diagnosis"]["summary"])
		if not self.right_side:
			return "%s aborted by %s, not by %s" % (self.code, "/".join(self.flow["aborted_by"]), self.side)
		return None


class Expected:
	"""A capture and its .expect."""

	def __init__(self, path):
		self.path = path
		self.name = os.path.basename(path).rsplit(".", 1)[0]
		with open(os.path.join(ROOT, path.rsplit(".", 1)[0] + ".expect")) as f:
			self.facts = json.load(f)
		keys = path.rsplit(".", 1)[0] + ".keys"
		self.keys = keys if os.path.exists(os.path.join(ROOT, keys)) else None
		self.held_back = self.facts.get("held_back", False)

	def ask(self, program, with_keys):
		return Answer(program, self.path, self.keys if with_keys else None, self.facts.get("args", []))

	def compare(self, answer, with_keys):
		"""(verdicts in the order of the flows, records of handshakes that nobody expected)"""
		left = answer.of_type("handshake")
		verdicts = []
		for flow in self.facts["flows"]:
			fitting = [r for r in left if r.get("flow", {}).get("client", {}).get("port") == flow["client_port"]]
			if fitting:
				left.remove(fitting[0])
			verdicts.append(Verdict(flow, fitting[0] if fitting else None, with_keys))
		return verdicts, left

	def missing_findings(self, answer):
		"""Endpoint findings that hold and that the program did not report."""
		found = {f.get("code") for e in answer.of_type("endpoint") for f in e.get("findings", [])}
		return [c for e in self.facts.get("endpoint_findings", []) for c in e["codes"]
			if not found & {c, *e.get("also_ok", [])}]

	def misread_incidents(self, answer):
		"""What the program took for one user's retries, or for several users, against what is known of it."""
		told = {}
		for r in answer.of_type("handshake"):
			if r.get("incident"):
				told.setdefault(r["incident"], []).append(r)
		ports = {i: sorted(r["flow"]["client"]["port"] for r in rs) for i, rs in told.items()}
		for wanted in self.facts.get("incidents", []):
			if sorted(wanted) not in ports.values():
				yield "ports %s are no incident" % wanted
		for i, rs in told.items() if "incidents" in self.facts else ():
			last = max(rs, key=lambda r: r["retry"]["attempt"])
			if ports[i] not in [sorted(w) for w in self.facts["incidents"]]:
				yield "ports %s are an incident" % ports[i]
			elif any(r["retry"]["outcome"] != last["outcome"] or r["retry"]["attempts"] != len(rs) for r in rs):
				yield "ports %s do not agree how it ended" % ports[i]

	def miscounted_probes(self, answer):
		"""How many attempts are nobody's, where that is known."""
		told = sum(s.get("probes", 0) for s in answer.of_type("summary"))
		if self.facts.get("probes", told) != told:
			yield "%d probes, not %d" % (told, self.facts["probes"])

	def unsaid(self, answer):
		"""What an endpoint finding is to say, and does not."""
		for e in self.facts.get("endpoint_findings", []):
			texts = [f.get("summary", "") for r in answer.of_type("endpoint") for f in r.get("findings", []) if f.get("code") in e["codes"]]
			if e.get("says") and texts and not any(re.search(e["says"], t) for t in texts):
				yield "%s says: %s" % (e["codes"][0], texts[0])

	def invented_findings(self, answer):
		"""What the program reported of servers of which nothing is to be said."""
		return [f.get("code") for e in answer.of_type("endpoint") for f in e.get("findings", [])
			if self.facts.get("endpoint_quiet")]


def expected():
	paths = sorted(glob.glob(os.path.join(ROOT, "pcaps", "*.pcap*")))
	return [Expected(os.path.relpath(p, ROOT)) for p in paths]


def ask_all(program, captures):
	"""[(capture, with keys?, answer)]: every capture alone, then with its key log where it has one."""
	program = os.path.abspath(program)
	jobs = [(c, keys) for c in captures for keys in ((False, True) if c.keys else (False,))]
	with ThreadPoolExecutor(2) as pool:
		answers = list(pool.map(lambda job: job[0].ask(program, job[1]), jobs))
	return [(c, keys, a) for (c, keys), a in zip(jobs, answers)]
