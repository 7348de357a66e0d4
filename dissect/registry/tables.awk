# From the registries (TSV, `#` begins a comment) to the tables that names.c searches.
# Rows must ascend by number: names.c halves. A row out of order stops the build.

function fail(why)
{
	print FILENAME ":" FNR ": " why > "/dev/stderr"
	failed = 1
	exit 1
}

function text(field)
{
	return field == "" || field == "-" ? "\"\"" : "\"" field "\""
}

function text_or_null(field)
{
	return field == "" || field == "-" ? "NULL" : "\"" field "\""
}

function number(field)
{
	return field == "" || field == "-" ? 0 : field
}

function yes(field)
{
	return field == "yes" ? "true" : "false"
}

function is(field, value)
{
	return field == value ? "true" : "false"
}

function mode(kind, cipher)
{
	if (kind == "null" || kind == "mac")
		return "MODE_NULL"
	if (kind == "stream")
		return "MODE_STREAM"
	if (kind == "cbc")
		return "MODE_CBC"
	if (cipher ~ /GCM/)
		return "MODE_GCM"
	if (cipher ~ /CCM_8/)
		return "MODE_CCM8"
	if (cipher ~ /CCM/)
		return "MODE_CCM"
	if (cipher ~ /CHACHA20/)
		return "MODE_CHACHA"
	return "MODE_OTHER"
}

function begin_table(name, type)
{
	if (table != "")
		print "};"
	print "\nstatic const struct " type " " name "[] = {"
	table = name
	last = ""
}

FNR == 1 {
	file = FILENAME
	sub(/.*\//, "", file)
	sub(/\.tsv$/, "", file)
	type = "named_number"
	if (file == "cipher_suites")
		type = "cipher_suite"
	if (file == "groups")
		type = "named_group"
	if (file == "signature_schemes")
		type = "signature_scheme"
	if (file == "ports")
		type = "known_port"
	if (file == "inspection")
		type = "inspection_words"
	begin_table(file, type)
}

BEGIN {
	FS = "\t"
	print "/* Made by tables.awk: change the registries, not this. */"
}

/^#/ || /^$/ {
	next
}

# Hexadecimal numbers have one width, so they compare as text.
file != "inspection" {
	if (last != "" && ($1 ~ /^0x/ ? $1 "" <= last "" : $1 + 0 <= last + 0))
		fail("not in ascending order: " $1)
	last = $1
}

file == "cipher_suites" {
	traits = traits "\t" ($10 == "TLSv1.3" ? "SUITE_TLS13" : "0") ($3 == "ECDHE" ? " | SUITE_ECDHE" : "") \
		($4 == "ECDSA" ? " | SUITE_ECDSA" : "") ($4 == "RSA" ? " | SUITE_RSA" : "") \
		(mode($7, $5) ~ /CCM8/ ? " | SUITE_CCM8" : "") ($9 == "SHA384" ? " | SUITE_SHA384" : "") (mode($7, $5) ~ /GCM|CHACHA/ ? " | SUITE_AEAD" : "") ",\n"
	page = substr($1, 3, 2)
	suites++
	if (!(page in rows))
		pages = pages " " page
	rows[page] = rows[page] " [0x" substr($1, 5, 2) "] = " suites ","
	print "\t{ .number = " $1 ", .name = " text($2) ", .openssl_name = " text_or_null($17) ","
	print "\t  .kx = " text($3) ", .auth = " text($4) ", .cipher = " text($5) ", .mac = " text($8) ","
	print "\t  .weakness = " text($12 == "none" ? "" : $12) ", .key_bits = " number($6) ","
	print "\t  .mode = " mode($7, $5) ", .explicit_iv = " number($14) ","
	print "\t  .mac_or_tag_len = " number($15) ", .block = " number($16) ","
	print "\t  .tls13 = " ($10 == "TLSv1.3" ? "true" : "false") ", .sha384 = " ($9 == "SHA384" ? "true" : "false") ","
	print "\t  .ecdhe = " is($3, "ECDHE") ", .ecdsa = " is($4, "ECDSA") ", .rsa = " is($4, "RSA") ","
	print "\t  .forward_secrecy = " yes($11) ", .bad = " ($13 == "bad" ? "true" : "false") ","
	print "\t  .weak = " ($13 == "bad" || $13 == "warn" ? "true" : "false") " },"
	next
}

file == "groups" {
	print "\t{ " $1 ", " text($2) ", " text($3) ", " number($4) ", " number($5) ", " number($6) " },"
	next
}

file == "signature_schemes" {
	print "\t{ " $1 ", " text($2) ", " text($3) ", " text($4) ", " yes($5) ", " yes($6) " },"
	next
}

file == "ports" {
	implicit = $3 == "implicit" ? "true" : "false"
	explicit = $3 ~ /^(explicit|tunnel|embedded)$/ ? "true" : "false"
	print "\t{ " $1 ", " text($2) ", " implicit ", " explicit " },"
	next
}

file == "inspection" {
	print "\t{ " text($1) ", " text($2) " },"
	next
}

{
	print "\t{ " $1 ", " text($2) " },"
}

# Suites are asked for by the record: from a number to its row, plus one, by two steps.
END {
	if (failed)
		exit 1
	print "};"
	print "\nstatic const uint8_t suite_traits[] = {\n" traits "};"
	n = split(pages, page_names, " ")
	for (i = 1; i <= n; i++)
		print "\nstatic const uint16_t suite_page_" page_names[i] "[256] = {" rows[page_names[i]] " };"
	print "\nstatic const uint16_t *const suite_pages[256] = {"
	for (i = 1; i <= n; i++)
		print "\t[0x" page_names[i] "] = suite_page_" page_names[i] ","
	print "};"
}
