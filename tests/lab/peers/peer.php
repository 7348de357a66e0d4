<?php
// A TLS client as PHP programs are, for captures. One JSON object of options as argument.
$o = json_decode($argv[1], true);
$ssl = ["cafile" => $o["roots"], "verify_peer" => $o["verify"], "verify_peer_name" => $o["verify"],
	"peer_name" => $o["name"], "SNI_enabled" => $o["name"] !== ""];
if (isset($o["chain"])) $ssl += ["local_cert" => $o["chain"], "local_pk" => $o["key"]];
$ssl["crypto_method"] = $o["high"] === "1.3" ? ($o["low"] === "1.3" ? STREAM_CRYPTO_METHOD_TLSv1_3_CLIENT
	: STREAM_CRYPTO_METHOD_TLS_CLIENT | STREAM_CRYPTO_METHOD_TLSv1_3_CLIENT) : STREAM_CRYPTO_METHOD_TLSv1_2_CLIENT;
$s = stream_socket_client("ssl://{$o["host"]}:{$o["port"]}", $number, $text, 15, STREAM_CLIENT_CONNECT,
	stream_context_create(["ssl" => $ssl]));
if (!$s) { echo "ERR $number $text\n"; exit(1); }
echo "OK\n";
fwrite($s, "GET / HTTP/1.0\r\n\r\n");
echo fgets($s);
