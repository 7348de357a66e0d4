# Makes analyze/causes.txt into the rows of a struct cause table (causes.c includes it).
# A line is a keyword and its text; a line that begins with white space goes on with the one above.

function fail(message) {
	print FILENAME ":" NR ": " message > "/dev/stderr"
	failed = 1
	exit 1
}

# A C string. Character by character: what a replacement of gsub makes of backslashes differs
# between awks. "?" is escaped so that no two of them begin a trigraph.
function quoted(text,    out, i, c) {
	out = ""
	for (i = 1; i <= length(text); i++) {
		c = substr(text, i, 1)
		out = out (c == "\\" || c == "\"" || c == "?" ? "\\" : "") c
	}
	return "\"" out "\""
}

function list(field, kind,    i) {
	if (!count[kind])
		return
	printf "\t\t.%s = {\n", field
	for (i = 1; i <= count[kind]; i++)
		printf "\t\t\t%s,\n", quoted(lines[kind, i])
	print "\t\t},"
}

function one(field, kind) {
	printf "\t\t.%s = %s,\n", field, quoted(lines[kind, 1])
}

function put_seen(    i, at) {
	if (!count["seen"])
		return
	print "\t\t.seen_as = {"
	for (i = 1; i <= count["seen"]; i++) {
		at = index(lines["seen", i], ": ")
		if (!at)
			fail("seen without \"where: text\" in " code)
		printf "\t\t\t{ %s, %s },\n", quoted(substr(lines["seen", i], 1, at - 1)),
			quoted(substr(lines["seen", i], at + 2))
	}
	print "\t\t},"
}

function put_cause() {
	if (code == "")
		return
	print "\t{"
	printf "\t\t.code = %s,\n", quoted(code)
	printf "\t\t.section = %s,\n", quoted(section)
	one("title", "title")
	one("meaning", "meaning")
	one("lookalikes", "lookalikes")
	list("fix_client", "client")
	list("fix_server", "server")
	list("fix_network", "network")
	one("check", "check")
	put_seen()
	list("references", "reference")
	print "\t},"
	split("", count)
	split("", lines)
}

BEGIN {
	most["title"] = most["meaning"] = most["lookalikes"] = most["check"] = 1
	# CAUSE_LINES, less the entry that ends a list
	most["client"] = most["server"] = most["network"] = most["reference"] = 9
	most["seen"] = 19
	print "static const struct cause table[] = {"
}

/^#/ || /^[ \t]*$/ { next }

/^[ \t]/ {
	sub(/^[ \t]+/, "")
	if (kind == "")
		fail("nothing to go on with")
	lines[kind, count[kind]] = lines[kind, count[kind]] " " $0
	next
}

{
	kind = $1
	text = $0
	sub(/^[^ \t]+[ \t]*/, "", text)
	if (kind == "section") {
		put_cause()
		code = ""
		section = text
		kind = ""
	} else if (kind == "cause") {
		put_cause()
		code = text
		kind = ""
	} else if (kind in most) {
		if (code == "")
			fail(kind " outside a cause")
		if (++count[kind] > most[kind])
			fail("too many lines of " kind " in " code)
		lines[kind, count[kind]] = text
	} else {
		fail("unknown keyword " kind)
	}
}

END {
	if (!failed) {
		put_cause()
		print "};"
	}
}
