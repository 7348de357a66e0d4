#include <wolfssl/options.h>
#include <wolfssl/wolfcrypt/settings.h>
#include <wolfssl/wolfcrypt/aes.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../dissect/parse.h"
#include "../../dissect/quic_packet.h"
#include "support_datagrams.h"
#include "support_hex.h"

#define CID "8394c8f03e515708"

/* RFC 9001 A.2: the client's Initial packet. */
static const char rfc9001_client[] =
	"c000000001088394c8f03e5157080000449e7b9aec34d1b1c98dd7689fb8ec11d242b123dc9bd8bab936b47d92"
	"ec356c0bab7df5976d27cd449f63300099f3991c260ec4c60d17b31f8429157bb35a1282a643a8d2262cad6750"
	"0cadb8e7378c8eb7539ec4d4905fed1bee1fc8aafba17c750e2c7ace01e6005f80fcb7df621230c83711b39343"
	"fa028cea7f7fb5ff89eac2308249a02252155e2347b63d58c5457afd84d05dfffdb20392844ae812154682e9cf"
	"012f9021a6f0be17ddd0c2084dce25ff9b06cde535d0f920a2db1bf362c23e596d11a4f5a6cf3948838a3aec4e"
	"15daf8500a6ef69ec4e3feb6b1d98e610ac8b7ec3faf6ad760b7bad1db4ba3485e8a94dc250ae3fdb41ed15fb6"
	"a8e5eba0fc3dd60bc8e30c5c4287e53805db059ae0648db2f64264ed5e39be2e20d82df566da8dd5998ccabdae"
	"053060ae6c7b4378e846d29f37ed7b4ea9ec5d82e7961b7f25a9323851f681d582363aa5f89937f5a67258bf63"
	"ad6f1a0b1d96dbd4faddfcefc5266ba6611722395c906556be52afe3f565636ad1b17d508b73d8743eeb524be2"
	"2b3dcbc2c7468d54119c7468449a13d8e3b95811a198f3491de3e7fe942b330407abf82a4ed7c1b311663ac698"
	"90f4157015853d91e923037c227a33cdd5ec281ca3f79c44546b9d90ca00f064c99e3dd97911d39fe9c5d0b23a"
	"229a234cb36186c4819e8b9c5927726632291d6a418211cc2962e20fe47feb3edf330f2c603a9d48c0fcb5699d"
	"bfe5896425c5bac4aee82e57a85aaf4e2513e4f05796b07ba2ee47d80506f8d2c25e50fd14de71e6c418559302"
	"f939b0e1abd576f279c4b2e0feb85c1f28ff18f58891ffef132eef2fa09346aee33c28eb130ff28f5b76695333"
	"4113211996d20011a198e3fc433f9f2541010ae17c1bf202580f6047472fb36857fe843b19f5984009ddc32404"
	"4e847a4f4a0ab34f719595de37252d6235365e9b84392b061085349d73203a4a13e96f5432ec0fd4a1ee65accd"
	"d5e3904df54c1da510b0ff20dcc0c77fcb2c0e0eb605cb0504db87632cf3d8b4dae6e705769d1de354270123cb"
	"11450efc60ac47683d7b8d0f811365565fd98c4c8eb936bcab8d069fc33bd801b03adea2e1fbc5aa463d08ca19"
	"896d2bf59a071b851e6c239052172f296bfb5e72404790a2181014f3b94a4e97d117b438130368cc39dbb2d198"
	"065ae3986547926cd2162f40a29f0c3c8745c0f50fba3852e566d44575c29d39a03f0cda721984b6f440591f35"
	"5e12d439ff150aab7613499dbd49adabc8676eef023b15b65bfc5ca06948109f23f350db82123535eb8a7433bd"
	"abcb909271a6ecbcb58b936a88cd4e8f2e6ff5800175f113253d8fa9ca8885c2f552e657dc603f252e1a8e308f"
	"76f0be79e2fb8f5d5fbbe2e30ecadd220723c8c0aea8078cdfcb3868263ff8f0940054da48781893a7e49ad5af"
	"f4af300cd804a6b6279ab3ff3afb64491c85194aab760d58a606654f9f4400e8b38591356fbf6425aca26dc852"
	"44259ff2b19c41b9f96f3ca9ec1dde434da7d2d392b905ddf3d1f9af93d1af5950bd493f5aa731b4056df31bd2"
	"67b6b90a079831aaf579be0a39013137aac6d404f518cfd46840647e78bfe706ca4cf5e9c5453e9f7cfd2b8b4c"
	"8d169a44e55c88d4a9a7f9474241e221af44860018ab0856972e194cd934";

/* RFC 9001 A.3: the server's answer. */
static const char rfc9001_server[] =
	"cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554"
	"780bb38cc5a99f5ede4cf73c3ec2493a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b"
	"562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca3d20398c276456cbc42158407dd074ee";

/* RFC 9001 A.4: a Retry packet. */
static const char rfc9001_retry[] =
	"ff000000010008f067a5502a4262b5746f6b656e04a265ba2eff4d829058fb3f0f2496ba";

/* RFC 9369 A.2: the client's Initial packet in version 2. */
static const char rfc9369_client[] =
	"d76b3343cf088394c8f03e5157080000449ea0c95e82ffe67b6abcdb4298b485dd04de806071bf03dceebfa162"
	"e75d6c96058bdbfb127cdfcbf903388e99ad049f9a3dd4425ae4d0992cfff18ecf0fdb5a842d09747052f17ac2"
	"053d21f57c5d250f2c4f0e0202b70785b7946e992e58a59ac52dea6774d4f03b55545243cf1a12834e3f249a78"
	"d395e0d18f4d766004f1a2674802a747eaa901c3f10cda5500cb9122faa9f1df66c392079a1b40f0de1c605419"
	"6a11cbea40afb6ef5253cd6818f6625efce3b6def6ba7e4b37a40f7732e093daa7d52190935b8da58976ff3312"
	"ae50b187c1433c0f028edcc4c2838b6a9bfc226ca4b4530e7a4ccee1bfa2a3d396ae5a3fb512384b2fdd851f78"
	"4a65e03f2c4fbe11a53c7777c023462239dd6f7521a3f6c7d5dd3ec9b3f233773d4b46d23cc375eb198c63301c"
	"21801f6520bcfb7966fc49b393f0061d974a2706df8c4a9449f11d7f3d2dcbb90c6b877045636e7c0c0fe4eb0f"
	"697545460c806910d2c355f1d253bc9d2452aaa549e27a1fac7cf4ed77f322e8fa894b6a83810a34b361901751"
	"a6f5eb65a0326e07de7c1216ccce2d0193f958bb3850a833f7ae432b65bc5a53975c155aa4bcb4f7b2c4e54df1"
	"6efaf6ddea94e2c50b4cd1dfe06017e0e9d02900cffe1935e0491d77ffb4fdf85290fdd893d577b1131a610ef6"
	"a5c32b2ee0293617a37cbb08b847741c3b8017c25ca9052ca1079d8b78aebd47876d330a30f6a8c6d61dd1ab55"
	"89329de714d19d61370f8149748c72f132f0fc99f34d766c6938597040d8f9e2bb522ff99c63a344d6a2ae8aa8"
	"e51b7b90a4a806105fcbca31506c446151adfeceb51b91abfe43960977c87471cf9ad4074d30e10d6a7f03c63b"
	"d5d4317f68ff325ba3bd80bf4dc8b52a0ba031758022eb025cdd770b44d6d6cf0670f4e990b22347a7db848265"
	"e3e5eb72dfe8299ad7481a408322cac55786e52f633b2fb6b614eaed18d703dd84045a274ae8bfa73379661388"
	"d6991fe39b0d93debb41700b41f90a15c4d526250235ddcd6776fc77bc97e7a417ebcb31600d01e57f32162a85"
	"60cacc7e27a096d37a1a86952ec71bd89a3e9a30a2a26162984d7740f81193e8238e61f6b5b984d4d3dfa033c1"
	"bb7e4f0037febf406d91c0dccf32acf423cfa1e7071010d3f270121b493ce85054ef58bada42310138fe081adb"
	"04e2bd901f2f13458b3d6758158197107c14ebb193230cd1157380aa79cae1374a7c1e5bbcb80ee23e06ebfde2"
	"06bfb0fcbc0edc4ebec309661bdd908d532eb0c6adc38b7ca7331dce8dfce39ab71e7c32d318d136b6100671a1"
	"ae6a6600e3899f31f0eed19e3417d134b90c9058f8632c798d4490da4987307cba922d61c39805d072b589bd52"
	"fdf1e86215c2d54e6670e07383a27bbffb5addf47d66aa85a0c6f9f32e59d85a44dd5d3b22dc2be80919b49043"
	"7ae4f36a0ae55edf1d0b5cb4e9a3ecabee93dfc6e38d209d0fa6536d27a5d6fbb17641cde27525d61093f1b280"
	"72d111b2b4ae5f89d5974ee12e5cf7d5da4d6a31123041f33e61407e76cffcdcfd7e19ba58cf4b536f4c4938ae"
	"79324dc402894b44faf8afbab35282ab659d13c93f70412e85cb199a37ddec600545473cfb5a05e08d0b209973"
	"b2172b4d21fb69745a262ccde96ba18b2faa745b6fe189cf772a9f84cbfc";

/* The ClientHello of both, with its header: 241 bytes. */
static const char hello[] =
	"010000ed0303ebf8fa56f12939b9584a3896472ec40bb863cfd3e86804fe3a47f06a2b69484c00000413011302"
	"010000c000000010000e00000b6578616d706c652e636f6dff01000100000a00080006001d0017001800100007"
	"000504616c706e000500050100000000003300260024001d00209370b2c9caa47fbabaf4559fedba753de171fa"
	"71f50f1ce15d43e994ec74d748002b0003020304000d0010000e0403050306030203080408050806002d000201"
	"01001c00024001003900320408ffffffffffffffff05048000ffff07048000ffff080110010480007530090110"
	"0f088394c8f03e51570806048000ffff";

static void the_example_of_rfc9001_opens(void **state)
{
	(void)state;
	struct datagrams d;
	datagrams_open(&d, NULL);
	datagram_hex(&d, SIDE_CLIENT, rfc9001_client);
	datagram_lines(&d, "C record 22 1182\nC client_hello 237 in 1\n");
	datagram_hex(&d, SIDE_SERVER, rfc9001_server);
	datagram_lines(&d, "S record 22 117\nS server_hello 86 in 1\n");
	datagrams_close(&d);
}

static void the_example_of_version_2_opens(void **state)
{
	(void)state;
	struct datagrams d;
	datagrams_open(&d, NULL);
	datagram_hex(&d, SIDE_CLIENT, rfc9369_client);
	datagram_lines(&d, "C record 22 1182\nC client_hello 237 in 1\n");
	datagrams_close(&d);
}

/* RFC 9001 A.5. */
static void chacha20_headers_are_unprotected(void **state)
{
	(void)state;
	struct bytes key = bytes_of_hex("9ac312a7f877468ebe69422748ad00a1"
					"5443f18203a07d6060f688f30f21632b");
	struct bytes packet = bytes_of_hex("4cfe4189655e5cd55c41f69080575d7999c25a5bfb");
	struct secret secret = { .len = 32 };
	struct quic_keys keys;
	memcpy(secret.bytes, key.at, 32);
	assert_true(quic_traffic_keys(&keys, quic_version(1), cipher_suite(0x1303), &secret));
	keys.largest = 654360563;
	struct reader datagram_bytes = reader_of(packet.at, packet.len);
	struct quic_packet parsed;
	assert_true(quic_packet_take(&parsed, &datagram_bytes, 0));
	uint8_t out[32];
	size_t len;
	assert_true(quic_open(&keys, &parsed.sealed, out, &len));
	assert_int_equal(len, 1);
	assert_int_equal(out[0], 1);
	assert_int_equal(keys.largest, 654360564);
	free(key.at);
	free(packet.at);
}

/* ---- packets of our own --------------------------------------------------------------------- */

static struct quic_keys client_keys, server_keys;

static void key_from(const char *cid_hex)
{
	struct bytes bytes = bytes_of_hex(cid_hex);
	struct quic_cid cid = { .len = (uint8_t)bytes.len };

	memcpy(cid.bytes, bytes.at, bytes.len);
	assert_true(quic_initial_keys(&client_keys, &server_keys, quic_version(1), &cid));
	free(bytes.at);
}

/* An Initial packet of version 1 with a two-byte number around these frames. */
static struct bytes seal(const struct quic_keys *keys, const char *cid_hex, uint16_t number,
			 const char *frames_hex)
{
	struct bytes cid = bytes_of_hex(cid_hex), frames = bytes_of_hex(frames_hex);
	struct bytes packet = { calloc(1, 2048), 0 };
	size_t len = 2 + frames.len + 16;
	uint8_t nonce[AEAD_NONCE_LEN], mask[16];
	Aes aes;

	assert_true(packet.at && frames.len >= 4 && len < 1900);
	packet.at[0] = 0xc1;
	packet.at[4] = 1;
	packet.at[5] = (uint8_t)cid.len;
	memcpy(packet.at + 6, cid.at, cid.len);
	uint8_t *p = packet.at + 6 + cid.len + 2;	/* no source id, no token */
	*p++ = (uint8_t)(0x40 | len >> 8);
	*p++ = (uint8_t)len;
	*p++ = (uint8_t)(number >> 8);
	*p++ = (uint8_t)number;
	aead_nonce(nonce, keys->iv, number);
	assert_int_equal(wc_AesInit(&aes, NULL, INVALID_DEVID), 0);
	assert_int_equal(wc_AesGcmSetKey(&aes, keys->aead.bytes, 16), 0);
	word32 header_len = (word32)(p - packet.at);
	assert_int_equal(wc_AesGcmEncrypt(&aes, p, frames.at, (word32)frames.len, nonce,
					  sizeof(nonce), p + frames.len, 16, packet.at,
					  header_len), 0);
	wc_AesFree(&aes);
	assert_int_equal(wc_AesInit(&aes, NULL, INVALID_DEVID), 0);
	assert_int_equal(wc_AesSetKeyDirect(&aes, keys->hp, 16, NULL, AES_ENCRYPTION), 0);
	assert_int_equal(wc_AesEncryptDirect(&aes, mask, p + 2), 0);
	wc_AesFree(&aes);
	packet.at[0] ^= mask[0] & 0x0f;
	p[-2] ^= mask[1];
	p[-1] ^= mask[2];
	packet.len = (size_t)(p - packet.at) + frames.len + 16;
	free(cid.at);
	free(frames.at);
	return packet;
}

static void send_frames(struct datagrams *d, enum side from, uint16_t number, const char *frames)
{
	struct bytes packet = seal(from == SIDE_CLIENT ? &client_keys : &server_keys, CID, number,
				   frames);

	datagram(d, from, packet.at, packet.len);
	free(packet.at);
}

/* A CRYPTO frame with the ClientHello's bytes from `from` up to `to`. */
static void write_crypto(char *out, size_t room, size_t from, size_t to)
{
	snprintf(out, room, "06%04zx%04zx%.*s", 0x4000 | from, 0x4000 | (to - from),
		 (int)(2 * (to - from)), hello + 2 * from);
}

static void crypto_frames_make_one_message_in_any_order(void **state)
{
	(void)state;
	enum { LEN = 241 };
	key_from(CID);
	for (size_t cut = 2; cut < LEN; cut += 7) {
		char front[600], back[600], both[1300];
		write_crypto(front, sizeof(front), 0, cut);
		write_crypto(back, sizeof(back), cut / 2, LEN);		/* overlaps */
		snprintf(both, sizeof(both), "%s000001%s0000", back, front);
		struct datagrams d;
		datagrams_open(&d, NULL);
		send_frames(&d, SIDE_CLIENT, 0, both);
		assert_string_equal(strchr(d.lines, '\n'), "\nC client_hello 237 in 1\n");
		datagrams_close(&d);
		strcat(front, "000000");
		strcat(back, "000000");
		datagrams_open(&d, NULL);
		send_frames(&d, SIDE_CLIENT, 0, back);
		send_frames(&d, SIDE_CLIENT, 1, front);
		assert_non_null(strstr(d.lines, "\nC client_hello 237 in 2\n"));
		datagrams_close(&d);
	}
}

static void a_repeated_hello_is_a_record_but_no_message(void **state)
{
	(void)state;
	char frames[600];
	struct datagrams d;
	key_from(CID);
	datagrams_open(&d, NULL);
	write_crypto(frames, sizeof(frames), 0, 241);
	send_frames(&d, SIDE_CLIENT, 0, frames);
	d.len = 0;
	send_frames(&d, SIDE_CLIENT, 1, frames);
	datagram_lines(&d, "C record 22 264 repeated\n");
	datagrams_close(&d);
}

static void after_a_retry_the_keys_come_from_the_servers_id(void **state)
{
	(void)state;
	char frames[600];
	struct datagrams d;
	datagrams_open(&d, NULL);
	datagram_hex(&d, SIDE_CLIENT, rfc9001_client);
	datagram_hex(&d, SIDE_SERVER, rfc9001_retry);
	assert_non_null(strstr(d.lines, "S quic 0 error 0 versions 0 ''\n"));
	d.len = 0;
	key_from("f067a5502a4262b5");
	write_crypto(frames, sizeof(frames), 0, 241);
	struct bytes packet = seal(&client_keys, "f067a5502a4262b5", 1, frames);
	datagram(&d, SIDE_CLIENT, packet.at, packet.len);
	datagram_lines(&d, "C record 22 264 repeated\n");
	send_frames(&d, SIDE_SERVER, 0, "02000000001c0a000000");
	datagram_lines(&d, "S record 22 28\nS quic 2 error 10 versions 0 ''\n");
	free(packet.at);
	datagrams_close(&d);
}

static void a_crypto_error_is_an_alert_and_told_once(void **state)
{
	(void)state;
	struct datagrams d;
	datagrams_open(&d, NULL);
	datagram_hex(&d, SIDE_CLIENT, rfc9001_client);
	d.len = 0;
	key_from(CID);
	send_frames(&d, SIDE_SERVER, 0, "1c41780002" "6e6f");	/* 0x178: no_application_protocol */
	datagram_lines(&d, "S record 22 25\nS alert 2 120\n");
	send_frames(&d, SIDE_SERVER, 1, "1c41780002" "6e6f");
	datagram_lines(&d, "S record 22 25\n");
	datagrams_close(&d);
}

static void another_error_keeps_its_code_and_reason(void **state)
{
	(void)state;
	struct datagrams d;
	datagrams_open(&d, NULL);
	datagram_hex(&d, SIDE_CLIENT, rfc9001_client);
	d.len = 0;
	key_from(CID);
	send_frames(&d, SIDE_SERVER, 0, "1c020005" "62757379");		/* longer than the packet */
	datagram_lines(&d, "S record 22 26\nS broken 6\n");
	send_frames(&d, SIDE_SERVER, 0, "1c020004" "62757379");
	datagram_lines(&d, "S record 22 26\nS quic 2 error 2 versions 0 'busy'\n");
	datagrams_close(&d);
}

static void version_negotiation_lists_what_the_server_speaks(void **state)
{
	(void)state;
	char frames[600];
	struct datagrams d;
	datagrams_open(&d, NULL);
	datagram_hex(&d, SIDE_CLIENT, rfc9369_client);
	d.len = 0;
	datagram_hex(&d, SIDE_SERVER, "80" "00000000" "00" "08" CID "00000001" "1a2a3a4a");
	datagram_lines(&d, "S quic 1 error 0 versions 2 ''\n");
	key_from(CID);
	write_crypto(frames, sizeof(frames), 0, 241);
	send_frames(&d, SIDE_CLIENT, 0, frames);
	datagram_lines(&d, "C record 22 264\nC client_hello 237 in 1\n");
	datagrams_close(&d);
}

static void packets_behind_each_other_in_a_datagram_are_told_apart(void **state)
{
	(void)state;
	struct datagrams d;
	datagrams_open(&d, NULL);
	datagram_hex(&d, SIDE_CLIENT, rfc9001_client);
	d.len = 0;
	struct bytes initial = bytes_of_hex(rfc9001_server);
	struct bytes rest = bytes_of_hex("e0000000010008f067a5502a4262b5" "14"
					 "000102030405060708090a0b0c0d0e0f10111213"
					 "41" "000102030405060708090a0b0c0d0e0f10111213");
	struct bytes both = { malloc(initial.len + rest.len), initial.len + rest.len };
	assert_non_null(both.at);
	memcpy(both.at, initial.at, initial.len);
	memcpy(both.at + initial.len, rest.at, rest.len);
	datagram(&d, SIDE_SERVER, both.at, both.len);
	datagram_lines(&d, "S record 22 117\nS server_hello 86 in 1\n"
			   "S record 22 20 epoch 2 hidden\nS record 23 20 epoch 3 hidden\n");
	free(both.at);
	free(rest.at);
	free(initial.at);
	datagrams_close(&d);
}

/* RFC 9287: peers that agreed on it set the fixed bit at random. */
static void a_short_header_without_the_fixed_bit_is_one_too(void **state)
{
	(void)state;
	struct datagrams d;
	datagrams_open(&d, NULL);
	datagram_hex(&d, SIDE_CLIENT, rfc9001_client);
	datagram_hex(&d, SIDE_SERVER, rfc9001_server);
	d.len = 0;
	datagram_hex(&d, SIDE_CLIENT, "01" "f067a5502a4262b5" "000102030405060708090a0b0c0d0e0f10");
	datagram_lines(&d, "C record 23 17 epoch 3 hidden\n");
	datagrams_close(&d);
}

static void frames_beyond_any_message_are_broken(void **state)
{
	(void)state;
	struct datagrams d;
	key_from(CID);
	datagrams_open(&d, NULL);
	send_frames(&d, SIDE_CLIENT, 0, "06bfffffff41" "00" "00");	/* longer than the packet */
	datagram_lines(&d, "C record 22 26\nC broken 6\n");
	send_frames(&d, SIDE_CLIENT, 1, "06bfffffff02" "0000" "00");	/* a gigabyte ahead */
	datagram_lines(&d, "C record 22 27\nC broken 6\n");
	datagrams_close(&d);
	datagrams_open(&d, NULL);
	send_frames(&d, SIDE_CLIENT, 0, "060004" "01ffffff");	/* promises 2^24 - 1 bytes */
	datagram_lines(&d, "C record 22 25\nC broken 4\n");
	datagrams_close(&d);
}

static void damaged_packets_do_no_harm(void **state)
{
	(void)state;
	struct bytes client = bytes_of_hex(rfc9001_client), server = bytes_of_hex(rfc9001_server);
	struct datagrams d;
	datagrams_open(&d, NULL);
	datagram(&d, SIDE_CLIENT, client.at, client.len);
	for (size_t at = 0; at < server.len; at++) {
		struct quic_packet packet;
		struct bytes cut = bytes_copy(server.at, at);
		struct reader r = reader_of(cut.at, cut.len);
		assert_false(quic_packet_take(&packet, &r, 0));
		datagram(&d, SIDE_SERVER, cut.at, cut.len);
		free(cut.at);
		server.at[at] ^= 0x10;
		datagram(&d, SIDE_SERVER, server.at, server.len);
		server.at[at] ^= 0x10;
	}
	for (size_t at = 0; at < 60; at++) {
		client.at[at] ^= 0x04;
		datagram(&d, SIDE_CLIENT, client.at, client.len);
		client.at[at] ^= 0x04;
	}
	assert_null(strstr(d.lines, "server_hello"));
	datagrams_close(&d);
	free(client.at);
	free(server.at);
}

/* Every frame type with every length of what follows: skipping never leaves the packet. */
static void frames_of_every_type_end_within_the_packet(void **state)
{
	(void)state;
	for (unsigned type = 0; type < 256; type++) {
		for (size_t len = 1; len < 40; len++) {
			uint8_t bytes[40];
			for (size_t i = 0; i < len; i++)
				bytes[i] = (uint8_t)(i * 37 + type);
			bytes[0] = (uint8_t)(type & 0x3f);
			struct bytes exact = bytes_copy(bytes, len);
			struct reader r = reader_of(exact.at, exact.len);
			struct quic_frame frame;
			if (quic_frame_take(&frame, &r))
				assert_true(read_ok(&r) && left(&r) < len);
			free(exact.at);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_rfc9001_opens),
		cmocka_unit_test(the_example_of_version_2_opens),
		cmocka_unit_test(chacha20_headers_are_unprotected),
		cmocka_unit_test(crypto_frames_make_one_message_in_any_order),
		cmocka_unit_test(a_repeated_hello_is_a_record_but_no_message),
		cmocka_unit_test(after_a_retry_the_keys_come_from_the_servers_id),
		cmocka_unit_test(a_crypto_error_is_an_alert_and_told_once),
		cmocka_unit_test(another_error_keeps_its_code_and_reason),
		cmocka_unit_test(version_negotiation_lists_what_the_server_speaks),
		cmocka_unit_test(packets_behind_each_other_in_a_datagram_are_told_apart),
		cmocka_unit_test(a_short_header_without_the_fixed_bit_is_one_too),
		cmocka_unit_test(frames_beyond_any_message_are_broken),
		cmocka_unit_test(damaged_packets_do_no_harm),
		cmocka_unit_test(frames_of_every_type_end_within_the_packet),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
