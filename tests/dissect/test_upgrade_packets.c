/* The way to TLS in protocols of packets: LDAP, databases, RDP, AMQP. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "../../dissect/upgrade.h"
#include "support_dialogue.h"
#include "support_hex.h"

#define BOTH_TLS "C tls " CLIENT_HELLO_HEX "\nS tls " SERVER_HELLO_HEX "\n"

/* ---- LDAP ---------------------------------------------------------------------------------- */

#define LDAP_STARTTLS "30 1d 020101 77 18 80 16 312e332e362e312e342e312e313436362e3230303337"

static void ldap_accepts(void **state)
{
	(void)state;
	assert_tells("C= " LDAP_STARTTLS "\nS= 30 0c 020101 78 07 0a0100 0400 0400\nC! tls\nS! tls",
		     "C LDAP ASKED \"StartTLS\"\nS LDAP ACCEPTED\n" BOTH_TLS);
}

static void ldap_refuses_with_its_result_and_words(void **state)
{
	(void)state;
	assert_tells("C= " LDAP_STARTTLS "\nS= 30 0e 020101 78 09 0a0102 0400 0402 6e6f\n"
		     "C= 30 05 020102 42 00\nC! close",
		     "C LDAP ASKED \"StartTLS\"\nS LDAP REFUSED 2 \"no\"\nC LDAP ABANDONED\n");
}

static void ldap_asks_for_confidentiality(void **state)
{
	(void)state;
	assert_tells("C= 30 0c 020101 60 07 020103 0400 8000\n"
		     "S= 30 0c 020101 61 07 0a010d 0400 0400",
		     "S LDAP REQUIRED 13\n");
}

/* ---- PostgreSQL ---------------------------------------------------------------------------- */

#define SSL_REQUEST "00000008 04d2162f"
#define GSS_REQUEST "00000008 04d21630"
#define STARTUP "0000000d 00030000 75 00 6d 00 00"

static void postgres_accepts_with_one_letter(void **state)
{
	(void)state;
	assert_tells("C= " SSL_REQUEST "\nS= 53\nC! tls\nS! tls",
		     "C PostgreSQL ASKED \"SSLRequest\"\nS PostgreSQL ACCEPTED \"S\"\n" BOTH_TLS);
}

static void postgres_refuses_and_the_client_closes_or_goes_on(void **state)
{
	(void)state;
	assert_tells("C= " SSL_REQUEST "\nS= 4e\nC! close",
		     "C PostgreSQL ASKED \"SSLRequest\"\nS PostgreSQL REFUSED \"N\"\n"
		     "C PostgreSQL ABANDONED\n");
	assert_tells("C= " SSL_REQUEST "\nS= 4e\nC= " STARTUP "\nS= 52 00000008 00000000\nC! close",
		     "C PostgreSQL ASKED \"SSLRequest\"\nS PostgreSQL REFUSED \"N\"\n"
		     "C PostgreSQL IN_CLEAR\n");
}

static void postgres_says_no_to_kerberos_and_yes_to_tls(void **state)
{
	(void)state;
	assert_tells("C= " GSS_REQUEST "\nS= 4e\nC= " SSL_REQUEST "\nS= 53\nC! tls\nS! tls",
		     "C PostgreSQL ASKED \"SSLRequest\"\nS PostgreSQL ACCEPTED \"S\"\n" BOTH_TLS);
}

static void postgres_errors_are_quoted_old_and_new(void **state)
{
	(void)state;
	assert_tells("C= " SSL_REQUEST "\nS= 45 0000000a 4d 6e6f00 00 00\nC! close",
		     "C PostgreSQL ASKED \"SSLRequest\"\nS PostgreSQL REFUSED \"no\"\n"
		     "C PostgreSQL ABANDONED\n");
	assert_tells("C= " SSL_REQUEST "\nS= 45 756e737570706f727465640a00\nC! close",
		     "C PostgreSQL ASKED \"SSLRequest\"\nS PostgreSQL REFUSED \"unsupported\\n\"\n"
		     "C PostgreSQL ABANDONED\n");
}

static void postgres_without_tls_is_told_that_it_is_required(void **state)
{
	(void)state;
	assert_tells("C= " STARTUP "\nS= 45 00000014 4d 6e6f20656e6372797074696f6e 00 00\nS! close",
		     "S PostgreSQL REQUIRED \"no encryption\"\n");
}

static void a_tls_server_answers_a_plaintext_client_with_an_alert(void **state)
{
	(void)state;
	assert_tells("C= " SSL_REQUEST "\nS! alert",
		     "C PostgreSQL ASKED \"SSLRequest\"\n"
		     "C foreign PostgreSQL \"\\x00\\x00\\x00\\x08\\x04\\xd2\\x16/\"\n"
		     "S tls " ALERT_HEX "\n");
}

/* ---- MySQL --------------------------------------------------------------------------------- */

#define GREETING_HEAD "1e 00 00 00 0a 382e3000 01000000 3132333435363738 00 "
#define GREETING_TLS GREETING_HEAD "ff ff 08 0200 ffff 00 00000000"
#define GREETING_CLEAR GREETING_HEAD "ff f7 08 0200 ffff 00 00000000"
#define MYSQL_SSL_REQUEST                                                                          \
	"20 00 00 01 05ae0300 00000001 08 00000000000000000000000000000000000000 00000000"

static void mysql_offers_and_the_client_begins(void **state)
{
	(void)state;
	assert_tells("S= " GREETING_TLS "\nC= " MYSQL_SSL_REQUEST "\nC! tls\nS! tls",
		     "S MySQL OFFERED \"8.0\"\nC MySQL ASKED \"SSLRequest\"\n"
		     "S MySQL ACCEPTED\n" BOTH_TLS);
}

static void mysql_cannot_and_the_client_leaves(void **state)
{
	(void)state;
	assert_tells("S= " GREETING_CLEAR "\nC! close",
		     "S MySQL NOT_OFFERED \"8.0\"\nC MySQL ABANDONED\n");
}

static void mysql_cannot_and_the_client_logs_in(void **state)
{
	(void)state;
	assert_tells("S= " GREETING_CLEAR "\nC= 04 00 00 01 05a60300\n"
		     "S= 07 00 00 02 00000002000000\nC! close",
		     "S MySQL NOT_OFFERED \"8.0\"\nC MySQL IN_CLEAR\n");
}

static void mysql_insists(void **state)
{
	(void)state;
	assert_tells("S= " GREETING_TLS "\nC= 04 00 00 01 05a60300\n"
		     "S= 0b 00 00 02 ff 570c 2348593030306e6f\nS! close",
		     "S MySQL OFFERED \"8.0\"\nS MySQL REQUIRED 3159 \"no\"\n");
}

static void tls_spoken_to_mysql_makes_its_greeting_foreign(void **state)
{
	(void)state;
	assert_tells("S= " GREETING_TLS "\nC! tls",
		     "S MySQL OFFERED \"8.0\"\n"
		     "S foreign MySQL instead \"\\x1e\\x00\\x00\\x00\\n"
		     "8.0\\x00\\x01\\x00\\x00\\x00123\"\n"
		     "C tls " CLIENT_HELLO_HEX "\n");
}

/* ---- SQL Server ---------------------------------------------------------------------------- */

/* VERSION and ENCRYPTION, whose value comes last. */
#define TDS_OPTIONS "00 000b 0006 01 0011 0001 ff 0c0010040000 "
#define TDS_CLIENT "12 01 001a 0000 00 00 " TDS_OPTIONS
#define TDS_SERVER "04 01 001a 0000 01 00 " TDS_OPTIONS

static void sql_server_agrees(void **state)
{
	(void)state;
	assert_tells("C= " TDS_CLIENT "01\nS= " TDS_SERVER "01\nC= 12010012000000001603010005\n"
		     "S= 1201",
		     "C SQL Server ASKED \"ENCRYPT_ON\"\nS SQL Server ACCEPTED 1 \"ENCRYPT_ON\"\n"
		     "C tls 12010012000000001603010005\nS tls 1201\n");
	assert_tells("C= " TDS_CLIENT "00\nS= " TDS_SERVER "00\nC= 1201\nS= 1201",
		     "S SQL Server ACCEPTED \"ENCRYPT_OFF\"\nC tls 1201\nS tls 1201\n");
}

static void sql_server_cannot(void **state)
{
	(void)state;
	assert_tells("C= " TDS_CLIENT "03\nS= " TDS_SERVER "02\nC! close",
		     "C SQL Server ASKED \"ENCRYPT_REQ\"\n"
		     "S SQL Server REFUSED 2 \"ENCRYPT_NOT_SUP\"\nC SQL Server ABANDONED\n");
	assert_tells("C= " TDS_CLIENT "02\nS= " TDS_SERVER "03\nS! close",
		     "S SQL Server REQUIRED 3 \"ENCRYPT_REQ\"\n");
	assert_tells("C= " TDS_CLIENT "00\nS= " TDS_SERVER "02\nC= 10 01 000a 0000 01 00 0000\n"
		     "C! close",
		     "S SQL Server NOT_OFFERED 2 \"ENCRYPT_NOT_SUP\"\nC SQL Server IN_CLEAR\n");
}

/* Unwraps what the hex says in pieces and gives the TLS bytes back as one. */
static void assert_unwraps(const char *hex, size_t piece, const char *expected_hex)
{
	struct upgrade *u = upgrade_new();
	struct bytes in = bytes_of_hex(hex), expected = bytes_of_hex(expected_hex);
	uint8_t out[256];
	size_t out_len = 0;

	for (size_t at = 0, taken; at < in.len; at += taken) {
		size_t n = in.len - at < piece ? in.len - at : piece;
		struct bytes exact = bytes_copy(in.at + at, n);
		struct reader tls = upgrade_unwrap(u, SIDE_CLIENT, reader_of(exact.at, n), &taken);

		assert_in_range(taken, 1, n);
		while (more(&tls)) {
			assert_true(out_len < sizeof out);
			out[out_len++] = take_u8(&tls);
		}
		free(exact.at);
	}
	assert_int_equal(out_len, expected.len);
	assert_memory_equal(out, expected.at, expected.len);
	free(in.at);
	free(expected.at);
	upgrade_free(u);
}

static void tls_comes_out_of_packets_and_then_as_it_is(void **state)
{
	(void)state;
	for (size_t piece = 1; piece < 40; piece++) {
		assert_unwraps("12 00 000b 0000 0000 160303  12 01 000a 0000 0100 0002  1703030001ff1503",
			       piece, "160303 0002 1703030001ff1503");
		assert_unwraps("12 01 000a 0000 0000 1603  10 01 000a 0000 0000 aaaa", piece, "1603");
		assert_unwraps("12 01 0003 0000 0000 160303", piece, "");
	}
}

/* ---- RDP, AMQP ----------------------------------------------------------------------------- */

#define RDP_CONFIRM "0300 0013 0e d0 0000 1234 00 "

static void rdp_agrees(void **state)
{
	(void)state;
	assert_tells("C= 0300 0013 0e e0 0000 0000 00 01 00 0800 03000000\n"
		     "S= " RDP_CONFIRM "02 00 0800 02000000\nC! tls\nS! tls",
		     "C RDP ASKED \"RDP_NEG_REQ\"\nS RDP ACCEPTED 2 \"RDP_NEG_RSP\"\n" BOTH_TLS);
}

static void rdp_names_its_failure(void **state)
{
	(void)state;
	assert_tells("C= 0300 0027 22 e0 0000 0000 00 436f6f6b69653a206d737473686173683d610d0a 01 00 0800 01000000\n"
		     "S= " RDP_CONFIRM "03 00 0800 05000000\nC! close",
		     "C RDP ASKED \"RDP_NEG_REQ\"\nS RDP REFUSED 5 \"HYBRID_REQUIRED_BY_SERVER\"\n"
		     "C RDP ABANDONED\n");
	assert_tells("C= 0300 000b 06 e0 0000 0000 00\nS= " RDP_CONFIRM "03 00 0800 01000000\n"
		     "C! close",
		     "S RDP REQUIRED 1 \"SSL_REQUIRED_BY_SERVER\"\n");
}

static void amqp_header_decides(void **state)
{
	(void)state;
	assert_tells("C= 414d5150 02010000\nS= 414d5150 02010000\nC! tls\nS! tls",
		     "C AMQP ASKED \"protocol id 2, TLS\"\n"
		     "S AMQP ACCEPTED \"AMQP\\x02\\x01\\x00\\x00\"\n" BOTH_TLS);
	assert_tells("C= 414d5150 02010000\nS= 414d5150 00010000\nC! close",
		     "C AMQP ASKED \"protocol id 2, TLS\"\n"
		     "S AMQP REFUSED \"AMQP\\x00\\x01\\x00\\x00\"\nC AMQP ABANDONED\n");
}

/* RFB 7.1.1, and security type 19, VeNCrypt: whatever is agreed there, TLS is known by its bytes. */
static void vnc_goes_on_in_tls(void **state)
{
	(void)state;
	assert_tells("S: RFB 003.008\nC: RFB 003.008\nS= 0113\nC= 13\nS= 0002\nC= 0002\nS= 00 01 00000104\n"
		     "C= 00000104\nS= 01\nC! tls\nS! tls",
		     "S foreign VNC \"RFB 003.008\\r\\n\"\nC foreign VNC \"RFB 003.008\\r\\n\"\n" BOTH_TLS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ldap_accepts),
		cmocka_unit_test(ldap_refuses_with_its_result_and_words),
		cmocka_unit_test(ldap_asks_for_confidentiality),
		cmocka_unit_test(postgres_accepts_with_one_letter),
		cmocka_unit_test(postgres_refuses_and_the_client_closes_or_goes_on),
		cmocka_unit_test(postgres_says_no_to_kerberos_and_yes_to_tls),
		cmocka_unit_test(postgres_errors_are_quoted_old_and_new),
		cmocka_unit_test(postgres_without_tls_is_told_that_it_is_required),
		cmocka_unit_test(a_tls_server_answers_a_plaintext_client_with_an_alert),
		cmocka_unit_test(mysql_offers_and_the_client_begins),
		cmocka_unit_test(mysql_cannot_and_the_client_leaves),
		cmocka_unit_test(mysql_cannot_and_the_client_logs_in),
		cmocka_unit_test(mysql_insists),
		cmocka_unit_test(tls_spoken_to_mysql_makes_its_greeting_foreign),
		cmocka_unit_test(sql_server_agrees),
		cmocka_unit_test(sql_server_cannot),
		cmocka_unit_test(tls_comes_out_of_packets_and_then_as_it_is),
		cmocka_unit_test(rdp_agrees),
		cmocka_unit_test(rdp_names_its_failure),
		cmocka_unit_test(amqp_header_decides),
		cmocka_unit_test(vnc_goes_on_in_tls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
