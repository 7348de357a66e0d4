"""A client of Python's own library for mail and files: mailbox.py KIND MODE HOST PORT ROOTS.

KIND smtp, lmtp, imap, pop3, ftp or nntp; MODE starttls, implicit (TLS at once) or plain."""

import ftplib
import imaplib
import nntplib
import poplib
import smtplib
import ssl
import sys

KIND, MODE, HOST, PORT, ROOTS = sys.argv[1:6]
PORT, PATIENCE_S = int(PORT), 8


def context():
	return ssl.create_default_context(cafile=ROOTS)


def smtp():
	if MODE == "implicit":
		s = smtplib.SMTP_SSL(HOST, PORT, timeout=PATIENCE_S, context=context())
	else:
		s = (smtplib.LMTP if KIND == "lmtp" else smtplib.SMTP)(HOST, PORT, timeout=PATIENCE_S)
	if MODE == "starttls":
		s.starttls(context=context())
	s.sendmail("a@b.example", ["kim@lindenhof.example"], "Subject: lab\r\n\r\nhello\r\n")
	s.quit()


lmtp = smtp


def imap():
	if MODE == "implicit":
		m = imaplib.IMAP4_SSL(HOST, PORT, timeout=PATIENCE_S, ssl_context=context())
	else:
		m = imaplib.IMAP4(HOST, PORT, timeout=PATIENCE_S)
	if MODE == "starttls":
		m.starttls(context())
	m.login("kim", "secret")
	m.logout()


def pop3():
	if MODE == "implicit":
		p = poplib.POP3_SSL(HOST, PORT, timeout=PATIENCE_S, context=context())
	else:
		p = poplib.POP3(HOST, PORT, timeout=PATIENCE_S)
	if MODE == "starttls":
		p.stls(context())
	p.user("kim")
	p.pass_("secret")
	p.quit()


def ftp():
	f = ftplib.FTP(timeout=PATIENCE_S) if MODE == "plain" else ftplib.FTP_TLS(context=context(), timeout=PATIENCE_S)
	f.connect(HOST, PORT)
	f.login()	# anonymous
	if MODE != "plain":
		f.prot_p()
	print(f.nlst())
	f.quit()


def nntp():
	if MODE == "implicit":
		n = nntplib.NNTP_SSL(HOST, PORT, ssl_context=context(), timeout=PATIENCE_S)
	else:
		n = nntplib.NNTP(HOST, PORT, timeout=PATIENCE_S)
	if MODE == "starttls":
		n.starttls(context())
	print(n.getwelcome(), n.date())
	n.quit()


try:
	globals()[KIND]()
	print("OK")
except Exception as e:
	print("ERR", type(e).__name__, e)
