"""BouncyCastle's JSSE, spoken to through the same peer as Java's own."""

from stacks import Command, write
from stacks import java

CLIENT = SERVER = "BouncyCastle 1.72 JSSE"
JARS = ":".join("/usr/share/java/%s.jar" % j for j in ("bctls", "bcprov", "bcutil", "bcpkix"))


def jvm(s):
	security = write(s.folder + "/providers", "security.provider.1=org.bouncycastle.jsse.provider.BouncyCastleJsseProvider\n"
		"security.provider.2=org.bouncycastle.jce.provider.BouncyCastleProvider\nsecurity.provider.3=SUN\n"
		"security.provider.4=SunRsaSign\nsecurity.provider.5=SunEC\nsecurity.provider.6=SunJSSE\nsecurity.provider.7=SunJCE\n"
		"security.provider.8=\nsecurity.provider.9=\nsecurity.provider.10=\nsecurity.provider.11=\nsecurity.provider.12=\n"
		"ssl.KeyManagerFactory.algorithm=PKIX\njdk.tls.disabledAlgorithms=\n")
	argv = ["java", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Djava.security.properties=" + security,
		"-Djava.net.preferIPv4Stack=%s" % str(s.family == 4).lower()]
	if s.groups:
		argv.append("-Djdk.tls.namedGroups=" + s.groups.replace(":", ","))
	if s.signatures:
		argv += ["-Djdk.tls.%s.SignatureSchemes=%s" % (side, s.signatures.replace(":", ",")) for side in ("client", "server")]
	return argv + list(s.extra) + ["-cp", JARS + ":" + java.CLASSES, "Peer"]


def client(s):
	s.keylog = ""
	return Command(jvm(s) + java.options(s) + ["host=" + s.host, "name=" + s.name])


def server(s):
	return Command(jvm(s) + java.options(s) + ["serve=true", "ask=%s" % str(s.ask).lower()] + s.config.split())
