/* STARTTLS and its kin in the line protocols. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "support_dialogue.h"

#define BOTH_TLS "C tls " CLIENT_HELLO_HEX "\nS tls " SERVER_HELLO_HEX "\n"

static void smtp_offers_is_asked_and_accepts(void **state)
{
	(void)state;
	assert_tells("S: 220 mail.example ESMTP\nC: EHLO me\nS: 250-mail.example\n"
		     "S: 250-SIZE 1000\n"
		     "S: 250 STARTTLS\nC: STARTTLS\nS: 220 2.0.0 Ready\nC! tls\nS! tls",
		     "S SMTP OFFERED 250 \"250 STARTTLS\"\n"
		     "C SMTP ASKED \"STARTTLS\"\n"
		     "S SMTP ACCEPTED 220 \"220 2.0.0 Ready\"\n" BOTH_TLS);
}

/* Real dialogues are less tidy: greetings of several lines, HELP and NOOP, EHLO again, any case, a bare
 * line feed. */
static void an_untidy_dialogue_is_followed_all_the_same(void **state)
{
	(void)state;
	assert_tells("S: 220-mail.example ESMTP\nS: 220-wait for it\nS: 220 ready\nC: noop\nS: 250 ok\n"
		     "C: ehlo me\nS: 250-mail.example\nS: 250 StartTLS\nC: EHLO me\n"
		     "S: 250-mail.example\nS: 250 StartTLS\nC: starttls\nS: 220 go\nC! tls\nS! tls",
		     "S SMTP OFFERED 250 \"250 StartTLS\"\n"
		     "C SMTP ASKED \"starttls\"\n"
		     "S SMTP ACCEPTED 220 \"220 go\"\n" BOTH_TLS);
	/* "220 mail", "EHLO me", "250 STARTTLS", "STARTTLS", "220 ok", each with LF alone */
	assert_tells("S= 323230206d61696c0a\nC= 45484c4f206d650a\nS= 3235302053544152" "54544c530a\n"
		     "C= 5354415254544c530a\nS= 323230206f6b0a\nC! tls\nS! tls",
		     "S SMTP OFFERED 250 \"250 STARTTLS\"\nC SMTP ASKED \"STARTTLS\"\n"
		     "S SMTP ACCEPTED 220 \"220 ok\"\n" BOTH_TLS);
}

static void nats_begins_tls_where_its_info_says_so(void **state)
{
	(void)state;
	assert_tells("S: INFO {\"server_id\":\"x\",\"tls_required\":true}\nC! tls\nS! tls",
		     "S NATS OFFERED\nS NATS ACCEPTED\n" BOTH_TLS);
	/* its CONNECT is none of HTTP's, and asks no proxy for anything */
	assert_tells("S: INFO {\"server_id\":\"x\"}\nC: CONNECT {\"verbose\":false}\nC: PING\nS: PONG\nC! close",
		     "S NATS NOT_OFFERED \"INFO without tls_required or tls_available\"\n"
		     "C NATS IN_CLEAR\n");
}

/* RFC 9051 6.2.1: STARTTLS is of no use any more once the server has let the client in. */
static void imap_that_lets_in_unasked_has_no_upgrade(void **state)
{
	(void)state;
	assert_tells("S: * PREAUTH IMAP4rev1 ready\nC: a STARTTLS\nS: a BAD already authenticated\n"
		     "C: b LOGOUT\nS: * BYE\nS: b OK\nC! close",
		     "C IMAP ASKED \"a STARTTLS\"\n"
		     "S IMAP REFUSED \"a BAD already authenticated\"\nC IMAP ABANDONED\n");
}

static void smtp_refuses_and_the_client_leaves(void **state)
{
	(void)state;
	assert_tells("S: 220 mail.example ESMTP\nC: EHLO me\nS: 250-mail.example\nS: 250 STARTTLS\n"
		     "C: STARTTLS\nS: 454 4.7.0 TLS not available\nC: QUIT\nS: 221 bye\nC! close",
		     "S SMTP OFFERED 250 \"250 STARTTLS\"\n"
		     "C SMTP ASKED \"STARTTLS\"\n"
		     "S SMTP REFUSED 454 \"454 4.7.0 TLS not available\"\n"
		     "C SMTP ABANDONED\n");
}

static void an_opportunistic_client_that_goes_on_in_clear_abandons_nothing(void **state)
{
	(void)state;
	assert_tells("S: 220 mail.example ESMTP\nC: EHLO me\nS: 250-mail.example\nS: 250 STARTTLS\n"
		     "C: STARTTLS\nS: 454 later\nC: MAIL FROM:<a@b.example>\nS: 250 ok\n"
		     "C: QUIT\nS: 221 bye\nC! close",
		     "S SMTP OFFERED 250 \"250 STARTTLS\"\n"
		     "C SMTP ASKED \"STARTTLS\"\n"
		     "S SMTP REFUSED 454 \"454 later\"\nC SMTP IN_CLEAR\n");
}

static void a_client_that_quits_for_want_of_an_offer_abandons(void **state)
{
	(void)state;
	assert_tells("S: 220 mail.example ESMTP\nC: EHLO me\nS: 250-mail.example\nS: 250 SIZE\n"
		     "C: QUIT\nS: 221 bye\nC! close",
		     "S SMTP NOT_OFFERED 250 \"250 SIZE\"\nC SMTP ABANDONED\n");
	assert_tells("S: 220 mail.example ESMTP\nC: EHLO me\nS: 250 mail.example\nC! close",
		     "S SMTP NOT_OFFERED 250 \"250 mail.example\"\nC SMTP ABANDONED\n");
}

static void a_plain_delivery_is_no_attempt_at_tls(void **state)
{
	(void)state;
	assert_tells("S: 220 mail.example ESMTP\nC: EHLO me\nS: 250-mail.example\nS: 250 STARTTLS\n"
		     "C: MAIL FROM:<a@b.example>\nS: 250 ok\nC: RCPT TO:<c@d.example>\nS: 250 ok\n"
		     "C: DATA\nS: 354 go\nC: STARTTLS\nC: .\nS: 250 queued\nC: QUIT\nS: 221 bye\n"
		     "C! close",
		     "S SMTP OFFERED 250 \"250 STARTTLS\"\n");
	assert_tells("S: 220 mail.example ESMTP\nC: HELO me\nS: 250 hello\nC: QUIT\nS: 221 bye\n"
		     "C! close", "");
}

static void smtp_insists_on_tls(void **state)
{
	(void)state;
	assert_tells("S: 220 mail.example ESMTP\nC: EHLO me\nS: 250-mail.example\nS: 250 STARTTLS\n"
		     "C: MAIL FROM:<a@b.example>\n"
		     "S: 530 5.7.0 Must issue a STARTTLS command first\n"
		     "C: QUIT\nC! close",
		     "S SMTP OFFERED 250 \"250 STARTTLS\"\n"
		     "S SMTP REQUIRED 530 \"530 5.7.0 Must issue a STARTTLS command first\"\n");
}

static void a_server_that_hangs_up_on_the_question_refuses(void **state)
{
	(void)state;
	assert_tells("S: 220 mail.example ESMTP\nC: EHLO me\nS: 250 STARTTLS\nC: STARTTLS\n"
		     "S! close\nC! close",
		     "S SMTP OFFERED 250 \"250 STARTTLS\"\nC SMTP ASKED \"STARTTLS\"\n"
		     "S SMTP REFUSED\n");
}

static void a_capability_overwritten_on_the_way_is_quoted(void **state)
{
	(void)state;
	assert_tells("S: 220 ****** ESMTP\nC: EHLO me\nS: 250-mail.example\nS: 250-XXXXXXXA\n"
		     "S: 250 SIZE\nC: QUIT",
		     "S SMTP NOT_OFFERED 250 \"XXXXXXXA\"\nC SMTP ABANDONED\n");
}

static void a_client_deaf_to_the_refusal_still_begins_tls(void **state)
{
	(void)state;
	assert_tells("S: 220 mail.example ESMTP\nC: EHLO me\nS: 250 SIZE\nC: STARTTLS\n"
		     "S: 502 what\n"
		     "C! tls\nS: 500 what",
		     "S SMTP NOT_OFFERED 250 \"250 SIZE\"\nC SMTP ASKED \"STARTTLS\"\n"
		     "S SMTP REFUSED 502 \"502 what\"\n"
		     "C tls " CLIENT_HELLO_HEX "\nS tls 35303020776861740d0a\n");
}

static void a_hello_that_does_not_wait_for_the_answer_is_tls(void **state)
{
	(void)state;
	assert_tells("S: 220 mail.example ESMTP\nC: EHLO me\nS: 250 STARTTLS\nC: STARTTLS\nC! tls\n"
		     "S: 220 go\nS! tls",
		     "S SMTP OFFERED 250 \"250 STARTTLS\"\nC SMTP ASKED \"STARTTLS\"\n"
		     "S SMTP ACCEPTED 220 \"220 go\"\n" BOTH_TLS);
}

static void tls_spoken_to_a_greeting_makes_the_greeting_foreign(void **state)
{
	(void)state;
	assert_tells("S: 220 mail.example ESMTP\nC! tls\nS: 500 what",
		     "S foreign SMTP instead \"220 mail.example ESMTP\\r\\n\"\n"
		     "C tls " CLIENT_HELLO_HEX "\nS tls 35303020776861740d0a\n");
}

static void an_unsolicited_hello_after_a_lost_acceptance_is_found(void **state)
{
	(void)state;
	assert_tells("S: 220 mail.example ESMTP\nC: EHLO me\nS! gap\nC! gap\nC! tls\nS! gap\n"
		     "S! tls",
		     BOTH_TLS);
}

static void without_the_greeting_the_answer_says_whose_starttls_it_was(void **state)
{
	(void)state;
	assert_tells("C: STARTTLS\nS: OK \"Begin TLS negotiation now.\"\nC! tls\nS! tls",
		     "C IRC ASKED \"STARTTLS\"\nS ManageSieve ACCEPTED \"OK \"Begin TLS negotiation now.\"\"\n" BOTH_TLS);
	assert_tells("C: STARTTLS\nS: 454 4.7.0 TLS not available\nC: QUIT",
		     "C IRC ASKED \"STARTTLS\"\nS SMTP REFUSED 454 \"454 4.7.0 TLS not available\"\nC SMTP ABANDONED\n");
}

static void ftp_accepts_the_second_way_of_asking(void **state)
{
	(void)state;
	assert_tells("S: 220 (vsFTPd 3.0.3)\nC: AUTH SSL\nS: 504 Unknown AUTH type\nC: AUTH TLS\n"
		     "S: 234 Proceed\nC! tls\nS! tls",
		     "C FTP ASKED \"AUTH SSL\"\nC FTP ASKED \"AUTH TLS\"\n"
		     "S FTP ACCEPTED 234 \"234 Proceed\"\n" BOTH_TLS);
}

static void ftp_refuses_every_way(void **state)
{
	(void)state;
	assert_tells("S: 220 ready\nC: AUTH SSL\nS: 530 Please login\nC: AUTH TLS\n"
		     "S: 500 unknown\nC: QUIT\nS: 221 bye\nC! close",
		     "C FTP ASKED \"AUTH SSL\"\nC FTP ASKED \"AUTH TLS\"\n"
		     "S FTP REFUSED 500 \"500 unknown\"\nC FTP ABANDONED\n");
	assert_tells("S: 220 ready\nC: AUTH TLS\nS: 502 no\nC: USER me\nS: 331 and?\nC: PASS x\n"
		     "S: 230 in\nC: QUIT",
		     "C FTP ASKED \"AUTH TLS\"\nS FTP REFUSED 502 \"502 no\"\nC FTP IN_CLEAR\n");
}

static void ftp_lists_its_features(void **state)
{
	(void)state;
	assert_tells("S: 220-FileZilla Server\nS: 220 hello\nC: FEAT\nS: 211-Features:\n"
		     "S:  AUTH TLS\n"
		     "S: 211 End\nC: USER me\nS: 530 Use AUTH TLS first, encryption is required",
		     "S FTP OFFERED \" AUTH TLS\"\n"
		     "S FTP REQUIRED 530 \"530 Use AUTH TLS first, encryption is required\"\n");
}

static void imap_dialogues(void **state)
{
	(void)state;
	assert_tells("S: * OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hi\nC: a1 STARTTLS\n"
		     "S: a1 OK go\nC! tls\nS! tls",
		     "S IMAP OFFERED \"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] hi\"\n"
		     "C IMAP ASKED \"a1 STARTTLS\"\nS IMAP ACCEPTED \"a1 OK go\"\n" BOTH_TLS);
	assert_tells("S: * OK hi\nC: a CAPABILITY\nS: * CAPABILITY IMAP4rev1\nS: a OK done\n"
		     "C: b STARTTLS\nS: b BAD unknown\nC: c LOGOUT\nS: * BYE\nS: c OK",
		     "S IMAP NOT_OFFERED \"* CAPABILITY IMAP4rev1\"\nC IMAP ASKED \"b STARTTLS\"\n"
		     "S IMAP REFUSED \"b BAD unknown\"\nC IMAP ABANDONED\n");
	assert_tells("S: * OK hi\nC: a LOGIN me x\nS: a NO [PRIVACYREQUIRED] not here\nC! close",
		     "S IMAP REQUIRED \"a NO [PRIVACYREQUIRED] not here\"\n");
	assert_tells("S: * OK [CAPABILITY IMAP4rev1] hi\nC: a LOGIN me x\nS: a OK in\n"
		     "C: b LOGOUT\nC! close",
		     "S IMAP NOT_OFFERED \"* OK [CAPABILITY IMAP4rev1] hi\"\nC IMAP IN_CLEAR\n");
}

static void pop3_dialogues(void **state)
{
	(void)state;
	assert_tells("S: +OK hi\nC: CAPA\nS: +OK\nS: TOP\nS: STLS\nS: .\nC: STLS\nS: +OK go\n"
		     "C! tls\nS! tls",
		     "S POP3 OFFERED \"STLS\"\nC POP3 ASKED \"STLS\"\n"
		     "S POP3 ACCEPTED \"+OK go\"\n" BOTH_TLS);
	assert_tells("S: +OK hi\nC: CAPA\nS: +OK\nS: TOP\nS: .\nC: QUIT\nS: +OK bye",
		     "S POP3 NOT_OFFERED \".\"\nC POP3 ABANDONED\n");
	assert_tells("S: +OK hi\nC: STLS\nS: -ERR no\nC! tls\nS: -ERR what",
		     "C POP3 ASKED \"STLS\"\nS POP3 REFUSED \"-ERR no\"\n"
		     "C tls " CLIENT_HELLO_HEX "\nS tls 2d45525220776861740d0a\n");
}

static void nntp_sieve_and_irc_dialogues(void **state)
{
	(void)state;
	assert_tells("S: 200 news.example ready\nC: STARTTLS\nS: 382 go\nC! tls\nS! tls",
		     "C NNTP ASKED \"STARTTLS\"\nS NNTP ACCEPTED 382 \"382 go\"\n" BOTH_TLS);
	assert_tells("S: 200 news.example ready\nC: STARTTLS\nS: 580 no\nC: QUIT",
		     "C NNTP ASKED \"STARTTLS\"\nS NNTP REFUSED 580 \"580 no\"\n"
		     "C NNTP ABANDONED\n");
	assert_tells("S: \"IMPLEMENTATION\" \"x\"\nS: \"STARTTLS\"\nS: OK ready\nC: STARTTLS\n"
		     "S: OK go\nC! tls\nS! tls",
		     "S ManageSieve OFFERED \"\"STARTTLS\"\"\nC ManageSieve ASKED \"STARTTLS\"\n"
		     "S ManageSieve ACCEPTED \"OK go\"\n" BOTH_TLS);
	assert_tells("S: \"IMPLEMENTATION\" \"x\"\nS: OK ready\nC: LOGOUT\nS: OK bye",
		     "S ManageSieve NOT_OFFERED \"OK ready\"\nC ManageSieve ABANDONED\n");
	assert_tells("C: STARTTLS\nS: :irc.example NOTICE * :hi\nS: :irc.example 670 * :go\n"
		     "C! tls\nS! tls",
		     "C IRC ASKED \"STARTTLS\"\n"
		     "S IRC ACCEPTED 670 \":irc.example 670 * :go\"\n" BOTH_TLS);
	assert_tells("C: STARTTLS\nS: :irc.example 691 * :no\nC: QUIT",
		     "C IRC ASKED \"STARTTLS\"\nS IRC REFUSED 691 \":irc.example 691 * :no\"\n"
		     "C IRC ABANDONED\n");
}

static void xmpp_dialogues(void **state)
{
	(void)state;
	assert_tells("C. <?xml version='1.0'?><stream:stream to='x' xmlns='jabber:client'>\n"
		     "S. <?xml version='1.0'?><stream:stream from='x'>\n"
		     "S. <stream:features><starttls xmlns='urn:tls'/></stream:features>\n"
		     "C. <starttls xmlns='urn:tls'/>\nS. <proceed xmlns='urn:tls'/>\nC! tls\n"
		     "S! tls",
		     "S XMPP OFFERED \"<starttls xmlns='urn:tls'/>\"\n"
		     "C XMPP ASKED \"<starttls xmlns='urn:tls'/>\"\n"
		     "S XMPP ACCEPTED \"<proceed xmlns='urn:tls'/>\"\n" BOTH_TLS);
	assert_tells("C. <stream:stream to='x'>\n"
		     "S. <stream:stream><stream:features><mechanisms/></stream:features>\n"
		     "C. </stream:stream>\nC! close",
		     "S XMPP NOT_OFFERED \"</stream:features>\"\nC XMPP ABANDONED\n");
	assert_tells("C. <stream:stream to='x'>\n"
		     "S. <stream:stream><stream:features><starttls/></stream:features>\n"
		     "C. <starttls/>\nS. <failure xmlns='urn:tls'/></stream:stream>\nC! close",
		     "S XMPP OFFERED \"<starttls/>\"\nC XMPP ASKED \"<starttls/>\"\n"
		     "S XMPP REFUSED \"<failure xmlns='urn:tls'/>\"\nC XMPP ABANDONED\n");
}

static void a_line_without_end_is_left_out_and_the_next_one_heard(void **state)
{
	char script[9000], *at = script;

	(void)state;
	at += sprintf(at, "S: 220 mail.example ESMTP\nC: EHLO me\nS: 250-");
	for (int i = 0; i < 3000; i++)
		*at++ = 'x';
	sprintf(at, "\nS: 250 STARTTLS\nC: STARTTLS\nS: 220 go\nC! tls\nS! tls");
	assert_tells_whole(script, "S SMTP OFFERED 250 \"250 STARTTLS\"\n"
				   "C SMTP ASKED \"STARTTLS\"\n"
				   "S SMTP ACCEPTED 220 \"220 go\"\n" BOTH_TLS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(smtp_offers_is_asked_and_accepts),
		cmocka_unit_test(an_untidy_dialogue_is_followed_all_the_same),
		cmocka_unit_test(nats_begins_tls_where_its_info_says_so),
		cmocka_unit_test(imap_that_lets_in_unasked_has_no_upgrade),
		cmocka_unit_test(smtp_refuses_and_the_client_leaves),
		cmocka_unit_test(an_opportunistic_client_that_goes_on_in_clear_abandons_nothing),
		cmocka_unit_test(a_client_that_quits_for_want_of_an_offer_abandons),
		cmocka_unit_test(a_plain_delivery_is_no_attempt_at_tls),
		cmocka_unit_test(smtp_insists_on_tls),
		cmocka_unit_test(a_server_that_hangs_up_on_the_question_refuses),
		cmocka_unit_test(a_capability_overwritten_on_the_way_is_quoted),
		cmocka_unit_test(a_client_deaf_to_the_refusal_still_begins_tls),
		cmocka_unit_test(a_hello_that_does_not_wait_for_the_answer_is_tls),
		cmocka_unit_test(tls_spoken_to_a_greeting_makes_the_greeting_foreign),
		cmocka_unit_test(an_unsolicited_hello_after_a_lost_acceptance_is_found),
		cmocka_unit_test(without_the_greeting_the_answer_says_whose_starttls_it_was),
		cmocka_unit_test(ftp_accepts_the_second_way_of_asking),
		cmocka_unit_test(ftp_refuses_every_way),
		cmocka_unit_test(ftp_lists_its_features),
		cmocka_unit_test(imap_dialogues),
		cmocka_unit_test(pop3_dialogues),
		cmocka_unit_test(nntp_sieve_and_irc_dialogues),
		cmocka_unit_test(xmpp_dialogues),
		cmocka_unit_test(a_line_without_end_is_left_out_and_the_next_one_heard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
