#!/bin/sh
# Makes the chains of this directory again, all with fixed dates, and asks OpenSSL and GnuTLS about
# each: tests/chains/generate.sh (needs openssl 3, certtool, faketime, xxd). Writes *.pem, trust/*.pem
# and answers.tsv; verdicts.tsv, with what tlswhy is to say and why others differ, is kept by hand.
# Keys are new each time, so every byte changes; the answers must not.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >ca.cnf <<'CNF'
[ca]
default_ca = it
[it]
database = index.txt
new_certs_dir = .
serial = serial
policy = any
unique_subject = no
default_md = sha256
default_crl_days = 3650
[any]
countryName = optional
organizationName = optional
organizationalUnitName = optional
commonName = optional
[req]
distinguished_name = dn
string_mask = utf8only
[dn]
CNF
sed 's/utf8only/default/' ca.cnf >printable.cnf
next_serial=4096

key() {	# NAME ALGORITHM [option...]
	name=$1 algorithm=$2
	shift 2
	openssl genpkey -algorithm "$algorithm" "$@" -out "$name.key" 2>/dev/null
}

ec() { key "$1" EC -pkeyopt "ec_paramgen_curve:${2:-P-256}"; }

# issue NAME ISSUER KEY SUBJECT FROM TO EXTENSIONS [openssl ca option...]: ISSUER "self" signs itself.
# Extensions are separated by '|'; none at all gives a version 1 certificate. $signer: the issuer's
# key, when it is not called as the issuer; $serial: in hex; $req: another configuration.
issue() {
	name=$1 issuer=$2 with=$3 subject=$4 from=$5 to=$6 extensions=$7
	shift 7
	next_serial=$((next_serial + 1))
	printf '%s\n' "${serial:-$(printf %04X $next_serial)}" >serial
	: >index.txt
	openssl req -new -key "$with.key" -subj "$subject" -utf8 -config "${req:-ca.cnf}" -out csr.pem
	set -- -batch -notext -preserveDN -config ca.cnf -in csr.pem -startdate "${from}000000Z" \
		-enddate "${to}000000Z" -out "$name.pem" "$@"
	if [ -n "$extensions" ]; then
		printf '%s\n' "$extensions" | tr '|' '\n' >ext.cnf
		set -- "$@" -extfile ext.cnf
	fi
	if [ "$issuer" = self ]; then
		set -- "$@" -selfsign -keyfile "$with.key"
	else
		set -- "$@" -cert "$issuer.pem" -keyfile "${signer:-$issuer}.key"
	fi
	openssl ca "$@" 2>log || { echo "$name:"; cat log; exit 1; } >&2
}

ids='subjectKeyIdentifier=hash|authorityKeyIdentifier=keyid'
ca="basicConstraints=critical,CA:TRUE|keyUsage=critical,keyCertSign,cRLSign|$ids"
ca0=$(echo "$ca" | sed 's/CA:TRUE/CA:TRUE,pathlen:0/')
ca1=$(echo "$ca" | sed 's/CA:TRUE/CA:TRUE,pathlen:1/')
ee="basicConstraints=critical,CA:FALSE|keyUsage=critical,digitalSignature|extendedKeyUsage=serverAuth|$ids"
san='subjectAltName=DNS:www.example.com'
www="$ee|$san"
june=2024-06-01T00:00:00Z
host=www.example.com

# leaf NAME ISSUER EXTENSIONS [option...]: the usual leaf, valid in 2024.
leaf() {
	l_name=$1 l_issuer=$2 l_extensions=$3
	shift 3
	issue "$l_name" "$l_issuer" "${l_key:-leafkey}" "/O=Example/CN=www.example.com" 20240101 20241231 \
		"$l_extensions" "$@"
}

inter() {	# NAME ISSUER KEY CN EXTENSIONS [option...]
	i_name=$1 i_issuer=$2 i_key=$3 i_cn=$4 i_extensions=$5
	shift 5
	issue "$i_name" "$i_issuer" "$i_key" "/O=Test Trust/CN=$i_cn" 20210101 20350101 "$i_extensions" "$@"
}

root() {	# NAME ORGANIZATION CN
	issue "$1" self "$1" "/O=$2/CN=$3" 20200101 20400101 "$ca"
}

mkdir out out/trust
: >rows

# chain NAME TIME HOST TRUST CERTIFICATE...: TRUST is one of the files under trust/.
chain() {
	c_name=$1 c_time=$2 c_host=$3 c_trust=$4
	shift 4
	for part; do cat "$part.pem"; done >"out/$c_name.pem"
	cp "$c_trust.pem" "out/trust/$c_trust.pem"
	printf '%s\t%s\t%s\t%s\n' "$c_name" "$c_time" "$c_host" "$c_trust" >>rows
}

pem() {
	echo '-----BEGIN CERTIFICATE-----'
	base64 -w 64
	echo '-----END CERTIFICATE-----'
}

flip() {	# FROM TO: one bit of the signature's last byte
	openssl x509 -in "$1.pem" -outform DER -out flip.der
	size=$(wc -c <flip.der)
	last=$(tail -c 1 flip.der | xxd -p)
	{ head -c $((size - 1)) flip.der; printf '%02x' $((0x$last ^ 1)) | xxd -r -p; } | pem >"$2.pem"
}

for k in root inter sub leafkey private privateinter twin gate deep mid; do ec $k; done
root root 'Test Trust' 'Test Root'
inter inter root inter 'Test Issuing CA' "$ca0"
inter policy root sub 'Test Policy CA' "$ca1"
signer=sub; inter deep policy deep 'Test Deep CA' "$ca0"; signer=

# ---- what is well
leaf good inter "$www"
leaf good_deep deep "$www"
leaf wild inter "$ee|subjectAltName=DNS:*.example.com"
chain good $june $host root good inter
chain good_with_root $june $host root good inter root
chain good_last_second 2024-12-31T00:00:00Z $host root good inter
chain good_first_second 2024-01-01T00:00:00Z $host root good inter
chain good_deep $june $host root good_deep deep policy
chain good_upper_case $june WWW.EXAMPLE.COM root good inter
chain good_wildcard $june $host root wild inter
leaf eku_any inter "$(echo "$www" | sed 's/serverAuth/anyExtendedKeyUsage/')"
chain good_eku_any $june $host root eku_any inter
leaf no_usages inter "basicConstraints=CA:FALSE|$san"
chain good_without_usages $june $host root no_usages inter
for kind in rsa ed25519 ed448 p384 p521 pss secp256k1 brainpool; do
	md=
	case $kind in
	rsa) key k_$kind RSA -pkeyopt rsa_keygen_bits:2048 ;;
	pss) key k_$kind RSA-PSS -pkeyopt rsa_keygen_bits:2048 ;;
	p384) ec k_$kind P-384; md='-md sha384' ;;
	p521) ec k_$kind P-521; md='-md sha512' ;;
	secp256k1) ec k_$kind secp256k1 ;;
	brainpool) ec k_$kind brainpoolP256r1 ;;
	*) key k_$kind $kind; md='-md null' ;;
	esac
	inter i_$kind root k_$kind "Test $kind CA" "$ca0"
	signer=k_$kind; leaf l_$kind i_$kind "$www" $md; signer=
	chain good_$kind $june $host root l_$kind i_$kind
done
signer=k_rsa; leaf l_rsa_pss i_rsa "$www" -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1; signer=
chain good_rsa_signs_pss $june $host root l_rsa_pss i_rsa
names=$(i=0; while [ $i -lt 66 ]; do printf 'DNS:n%d.example.com,' $i; i=$((i + 1)); done)
leaf sans inter "$ee|subjectAltName=${names}DNS:www.example.com"
chain good_name_beyond_64 $june $host root sans inter

# ---- the name
chain name_differs $june shop.example.com root good inter
chain name_two_labels_for_one $june a.b.example.com root wild inter
chain name_bare_domain $june example.com root wild inter
leaf wild_tld inter "$ee|subjectAltName=DNS:*.com"
chain name_wildcard_of_tld $june example.com root wild_tld inter
leaf wild_part inter "$ee|subjectAltName=DNS:w*.example.com"
chain name_wildcard_in_label $june $host root wild_part inter
leaf cn inter "$ee"
chain name_in_cn_only $june $host root cn inter
chain name_in_cn_differs $june shop.example.com root cn inter
leaf ip inter "$ee|subjectAltName=IP:192.0.2.1"
chain name_address_only $june $host root ip inter
issue fake self leafkey '/O=Acme Co/CN=Kubernetes Ingress Controller Fake Certificate' 20240101 20241231 \
	"$ee|subjectAltName=DNS:ingress.local"
chain name_default_certificate $june $host root fake

# ---- time
chain time_expired 2025-01-03T12:00:00Z $host root good inter
chain time_expired_by_a_second 2024-12-31T00:00:01Z $host root good inter
chain time_not_yet 2023-12-30T00:00:00Z $host root good inter
chain time_not_yet_by_a_second 2023-12-31T23:59:59Z $host root good inter
chain time_soon 2024-12-20T00:00:00Z $host root good inter
issue inter_old root inter '/O=Test Trust/CN=Test Issuing CA' 20210101 20240301 "$ca0"
chain time_intermediate_expired $june $host root good inter_old
issue inter_new root inter '/O=Test Trust/CN=Test Issuing CA' 20240701 20350101 "$ca0"
chain time_intermediate_not_yet $june $host root good inter_new
chain time_old_and_new_intermediate $june $host root good inter_old inter
issue root_old self root '/O=Test Trust/CN=Test Root' 20100101 20230101 "$ca"
chain time_root_expired $june $host root_old good inter
issue long inter leafkey '/O=Example/CN=www.example.com' 20230101 20260101 "$www"
chain time_lives_too_long $june $host root long inter

# ---- who issued it
issue self self leafkey '/O=Example/CN=www.example.com' 20240101 20241231 "$www"
chain issuer_itself $june $host root self
chain issuer_itself_trusted $june $host self self
issue self_ca self leafkey '/O=Example/CN=www.example.com' 20240101 20241231 "$ca|$san"
chain issuer_itself_as_ca $june $host root self_ca
root private Example 'Example Private Root'
leaf direct private "$www"
chain issuer_private_root $june $host root direct
chain issuer_private_root_sent $june $host root direct private
chain issuer_private_root_trusted $june $host private direct
issue privateinter private privateinter '/O=Example/CN=Example Issuing CA' 20210101 20350101 "$ca0"
leaf below_private privateinter "$www"
chain issuer_private_chain $june $host root below_private privateinter
chain issuer_private_chain_and_root $june $host root below_private privateinter private
chain issuer_missing $june $host root good
leaf aia inter "$www|authorityInfoAccess=caIssuers;URI:http://ca.example/inter.crt"
chain issuer_missing_with_aia $june $host root aia
chain issuer_missing_in_the_middle $june $host root good_deep deep
chain issuer_missing_root_sent $june $host root good root
chain issuer_missing_stranger_sent $june $host root good private
leaf aki inter "$(echo "$www" | sed 's/authorityKeyIdentifier=keyid/authorityKeyIdentifier=keyid,issuer:always/')"
chain issuer_missing_says_key_id $june $host root aki
inter twin root twin 'Test Issuing CA' "$ca0"
chain issuer_with_another_key $june $host root good twin
no_ids='subjectKeyIdentifier=none|authorityKeyIdentifier=none'
inter plain_a root inter 'Test Plain CA' "basicConstraints=critical,CA:TRUE|$no_ids"
inter plain_b root twin 'Test Plain CA' "basicConstraints=critical,CA:TRUE|$no_ids"
signer=inter; leaf plain plain_a "extendedKeyUsage=serverAuth|$san|$no_ids"; signer=
chain issuer_with_another_key_unsaid $june $host root plain plain_b
issue gate self gate '/O=Fortinet/OU=Certificate Authority/CN=FG100E' 20200101 20400101 "$ca"
leaf inspected gate "$www"
chain issuer_inspects $june $host root inspected gate
chain issuer_inspects_trusted $june $host gate inspected
req=printable.cnf; issue inter_printable root inter '/O=Test Trust/CN=Test Issuing CA' 20210101 20350101 "$ca0"; req=
chain issuer_name_in_another_encoding $june $host root good inter_printable

# ---- the path
chain path_out_of_order $june $host root good_deep policy deep
chain path_with_stranger $june $host root good inter private
chain path_doubled $june $host root good good inter inter
flip good flipped
chain path_bad_signature $june $host root flipped inter
flip inter flipped_inter
chain path_bad_intermediate_signature $june $host root good flipped_inter
flip self flipped_self
chain path_bad_self_signature $june $host root flipped_self
issue noca inter mid '/O=Example/CN=Not a CA' 20210101 20350101 "$ee"
signer=mid; leaf by_noca noca "$www"; signer=
chain path_issuer_no_ca $june $host root by_noca noca inter

middle() {	# NAME EXTENSIONS [leaf's extensions]: a leaf below an odd intermediate
	inter "m_$1" root mid "Test $1 CA" "$2"
	signer=mid; leaf "l_$1" "m_$1" "${3:-$www}"; signer=
	chain "path_$1" $june $host root "l_$1" "m_$1"
}
middle issuer_not_stated "$ids"
middle issuer_may_not_sign "basicConstraints=critical,CA:TRUE|keyUsage=critical,digitalSignature|$ids"
middle names_permitted "$ca0|nameConstraints=critical,permitted;DNS:example.com"
middle names_not_permitted "$ca0|nameConstraints=critical,permitted;DNS:example.org"
middle names_excluded "$ca0|nameConstraints=critical,excluded;DNS:example.com"
middle address_not_permitted "$ca0|nameConstraints=critical,permitted;IP:192.0.2.0/255.255.255.0" \
	"$ee|$san,IP:198.51.100.1"
middle directory_not_permitted "$ca0|nameConstraints=critical,permitted;dirName:dir
[dir]
O=Another"
middle critical_unknown "$ca0|1.2.3.4.5=critical,DER:0500"
middle usage_code_signing "$ca0|extendedKeyUsage=codeSigning"
inter below inter sub 'Test Below CA' "$ca"
signer=sub; leaf by_below below "$www"; signer=
chain path_longer_than_allowed $june $host root by_below below inter
ec oldroot
root oldroot 'Test Trust' 'Test Old Root'
inter root_by_old oldroot root 'Test Root' "$ca"
chain path_cross_signed $june $host root good inter root_by_old
chain path_cross_signed_to_old $june $host oldroot good inter root_by_old
issue root_by_old_expired oldroot root '/O=Test Trust/CN=Test Root' 20210101 20220101 "$ca"
chain path_cross_signed_expired $june $host root good inter root_by_old_expired

# ---- what for
leaf client inter "$(echo "$www" | sed s/serverAuth/clientAuth/)"
chain purpose_client $june $host root client inter
leaf sign_only inter "$(echo "$www" | sed s/digitalSignature/keyCertSign/)"
chain purpose_key_usage $june $host root sign_only inter

# ---- how strong
for bits in 512 1024; do
	key weak$bits RSA -pkeyopt rsa_keygen_bits:$bits
	l_key=weak$bits; leaf l_weak$bits inter "$www"; l_key=
	chain weak_rsa_$bits $june $host root l_weak$bits inter
done
inter i_weak root weak1024 'Test Weak CA' "$ca0"
signer=weak1024; leaf by_weak i_weak "$www"; signer=
chain weak_intermediate $june $host root by_weak i_weak
signer=k_rsa
leaf md5 i_rsa "$www" -md md5
leaf sha1 i_rsa "$www" -md sha1
signer=
chain weak_md5 $june $host root md5 i_rsa
chain weak_sha1 $june $host root sha1 i_rsa
inter i_sha1 root inter 'Test Issuing CA' "$ca0" -md sha1
chain weak_sha1_intermediate $june $host root good i_sha1
key big RSA -pkeyopt rsa_keygen_bits:8192
l_key=big; leaf big inter "$www"; l_key=
chain good_rsa_8192_leaf $june $host root big inter
inter i_big root big 'Test Big CA' "$ca0"
signer=big; leaf by_big i_big "$www"; signer=
chain good_rsa_8192_not_checked $june $host root by_big i_big
openssl dsaparam -out dsa.params 2048 2>/dev/null
openssl gendsa -out dsa.key dsa.params 2>/dev/null
l_key=dsa; leaf dsa inter "$www"; l_key=
chain weak_dsa $june $host root dsa inter

# ---- the form
leaf v1 inter ''
chain form_version_1 $june $host root v1 inter
serial=1234567890ABCDEF1234567890ABCDEF1234567890ABCDEF leaf serial_long inter "$www"
chain form_long_serial $june $host root serial_long inter
serial=00 leaf serial_zero inter "$www"
chain form_zero_serial $june $host root serial_zero inter
leaf critical inter "$www|1.2.3.4.5=critical,DER:0500"
chain form_critical_unknown $june $host root critical inter
leaf san_broken inter "$ee|2.5.29.17=DER:301182037777"
chain form_broken_san $june $host root san_broken inter
leaf trailing inter "$www"
{ openssl x509 -in trailing.pem -outform DER; printf '\0\0'; } | pem >trailing_bytes.pem
chain form_trailing_bytes $june $host root trailing_bytes inter
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit -out explicit.key
l_key=explicit; leaf explicit inter "$www"; l_key=
chain form_explicit_curve $june $host root explicit inter

# ---- status
leaf revoked inter "$www"
leaf staple inter "$www|tlsfeature=status_request"
chain status_staple_demanded $june $host root staple inter
chain status_revoked $june $host root revoked inter
: >index.txt
echo 01 >crlnumber
openssl ca -config ca.cnf -cert inter.pem -keyfile inter.key -revoke revoked.pem 2>/dev/null
awk -F '\t' 'BEGIN { OFS = FS } { $3 = "240301000000Z"; print }' index.txt >index.new && mv index.new index.txt
openssl ca -config ca.cnf -cert inter.pem -keyfile inter.key -gencrl -crl_lastupdate 20240101000000Z \
	-crl_nextupdate 20340101000000Z -out out/trust/inter.crl 2>/dev/null

# OCSP responses about the leaf of "good", signed by its issuer, by a delegate, and by a stranger.
# The tool dates them by the clock: thisUpdate is the day of making, nextUpdate a week later.
ec delegate
issue delegate inter delegate '/O=Test Trust/CN=Test Responder' 20240101 20441231 \
	"keyUsage=critical,digitalSignature|extendedKeyUsage=OCSPSigning|$ids"
openssl ocsp -issuer inter.pem -cert good.pem -no_nonce -reqout request.der >/dev/null
respond() {	# NAME STATUS-LINE SIGNER [option...]
	r_name=$1 r_line=$2 r_signer=$3
	shift 3
	printf "$r_line" "$(openssl x509 -in good.pem -noout -serial | cut -d= -f2)" >index.ocsp
	openssl ocsp -index index.ocsp -CA inter.pem -rsigner "$r_signer.pem" -rkey "$r_signer.key" \
		-reqin request.der -respout "out/trust/ocsp_$r_name.der" -ndays 7 "$@" >/dev/null 2>&1
}
valid='V\t441231000000Z\t\t%s\tunknown\t/CN=x\n'
respond good "$valid" inter -resp_no_certs
respond delegate "$valid" delegate
respond stranger "$valid" private
respond revoked 'R\t441231000000Z\t240301000000Z\t%s\tunknown\t/CN=x\n' inter
respond unknown 'V\t441231000000Z\t\tFF%s\tunknown\t/CN=x\n' inter
printf '\060\003\012\001\003' >out/trust/ocsp_try_later.der

# ---- what the others say
openssl_says() {	# NAME TIME HOST TRUST
	crl=
	[ "$1" = status_revoked ] && crl="-crl_check -CRLfile out/trust/inter.crl"
	openssl verify -attime "$(date -ud "$2" +%s)" -CAfile "out/trust/$4.pem" -no-CApath \
		-untrusted "out/$1.pem" -verify_hostname "$3" -purpose sslserver -auth_level 2 $crl \
		"out/$1.pem" 2>&1 |
		sed -nE 's/^error ([0-9]+) at ([0-9]+) depth lookup: ?(.*)/\1 at \2 \3/p; s/^out.*: OK$/OK/p; s/^(Could not|Unable).*/unreadable/p' |
		head -n 1
}
gnutls_says() {
	crl=
	[ "$1" = status_revoked ] && crl="--load-crl out/trust/inter.crl"
	TZ=UTC0 faketime "$(date -ud "$2" '+%Y-%m-%d %H:%M:%S')" certtool --verify --load-ca-certificate "out/trust/$4.pem" \
		--verify-hostname "$3" --verify-purpose 1.3.6.1.5.5.7.3.1 --verify-profile medium $crl \
		--infile "out/$1.pem" 2>&1 |
		sed -nE 's/^Chain verification output: //p; s/^(error|import error|.*rror parsing|.*rror importing).*/unreadable/p' |
		sed -E 's/^Verified\. The certificate is trusted\. *$/OK/; s/^Not verified\. The certificate is NOT trusted\. //' |
		head -n 1
}
while IFS='	' read -r name time asked trust; do
	o=$(openssl_says "$name" "$time" "$asked" "$trust" </dev/null)
	g=$(gnutls_says "$name" "$time" "$asked" "$trust" </dev/null)
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$name" "$time" "$asked" "$trust" "${o:-unreadable}" "${g:-unreadable}"
done <rows >out/answers.tsv
rm -rf "$here/trust"
rm -f "$here"/*.pem
cp -r out/* "$here/"
wc -l "$here/answers.tsv"
