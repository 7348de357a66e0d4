"""esbuild's web server: a current Go. It serves as long as somebody could type."""

from stacks import Command, write

SERVER = "esbuild 0.28 (Go 1.26 crypto/tls)"


def server(s):
	write(s.folder + "/index.html", "hello\n")
	return Command(["sh", "-c", 'sleep 60 | exec "$@"', "sh", "/tmp/tlswhy-lab/npm/node_modules/@esbuild/linux-x64/bin/esbuild", "--serve=0.0.0.0:%d" % s.port,
		"--servedir=" + s.folder, "--certfile=" + s.certificate.chain, "--keyfile=" + s.certificate.key])
