/* Dialogues before TLS as people write them down, and what upgrade.c tells about them. */
#ifndef TLSWHY_TESTS_SUPPORT_DIALOGUE_H
#define TLSWHY_TESTS_SUPPORT_DIALOGUE_H

/*
 * A script has one turn in a line:
 *     S: 220 ready          text, and CR LF behind it
 *     S. * OK               text as it is
 *     C= 05 01 00           bytes in hex; blanks do not matter
 *     C! tls | alert | close | gap
 * What is told comes as lines like
 *     C SMTP ASKED "STARTTLS"
 *     S SMTP REFUSED 454 "454 later"
 *     C SOCKS proxy ASKED "SOCKS 5 CONNECT" for example.com:443
 *     S foreign HTTP instead "HTTP/1.1 400 Bad Request\r\n"
 * and at the end, for each side, the bytes that were left to TLS: "C tls 1603..." in hex. Unless a
 * line is about SEEN, which is left out, every event is there.
 *
 * Fails unless the script tells this, whole, byte by byte, and cut once at every place.
 */
void assert_tells(const char *script, const char *expected);

/* The same without the cuts, where they would change what the script shows. */
void assert_tells_whole(const char *script, const char *expected);

#define CLIENT_HELLO_HEX "16030100050100000100"
#define SERVER_HELLO_HEX "16030300050200000100"
#define ALERT_HEX "15030300020246"

#endif
