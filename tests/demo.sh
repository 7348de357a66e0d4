#!/bin/sh
# Diagnoses a few of the captures in pcaps/ with the program given.
program=$1
cd "$(dirname "$0")/.." || exit 1
for code in cert_expired version_mismatch cipher_mismatch server_silent; do
	for capture in pcaps/"$code"*.pcap; do
		[ -e "$capture" ] || continue
		echo "\$ tlswhy $capture"
		"$program" "$capture" || exit 1
		break
	done
done
