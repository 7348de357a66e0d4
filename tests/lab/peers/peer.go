// A TLS client and server on Go's crypto/tls, for captures.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"
)

var (
	serve     = flag.Bool("serve", false, "be the server")
	address   = flag.String("address", ":443", "where")
	name      = flag.String("name", "", "server_name")
	low       = flag.Uint("low", 0x0303, "lowest version")
	high      = flag.Uint("high", 0x0304, "highest version")
	ciphers   = flag.String("ciphers", "", "IANA names, colon-separated")
	groups    = flag.String("groups", "", "X25519, P-256, P-384, P-521, colon-separated")
	protocols = flag.String("alpn", "", "comma-separated")
	roots     = flag.String("roots", "", "PEM file of trusted issuers")
	verify    = flag.Bool("verify", true, "verify the peer")
	chain     = flag.String("chain", "", "PEM file")
	key       = flag.String("key", "", "PEM file")
	ask       = flag.Bool("ask", false, "demand a client certificate")
	fail      = flag.String("fail", "", "the server's configuration callback fails with these words")
	keylog    = flag.String("keylog", "", "NSS key log")
	request   = flag.Bool("request", true, "send a request once connected")
	twice     = flag.Bool("twice", false, "connect again, to resume")
)

func config() *tls.Config {
	c := &tls.Config{ServerName: *name, MinVersion: uint16(*low), MaxVersion: uint16(*high)}
	for _, wanted := range strings.FieldsFunc(*ciphers, func(r rune) bool { return r == ':' }) {
		for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
			if s.Name == wanted {
				c.CipherSuites = append(c.CipherSuites, s.ID)
			}
		}
	}
	curves := map[string]tls.CurveID{"X25519": tls.X25519, "P-256": tls.CurveP256,
		"P-384": tls.CurveP384, "P-521": tls.CurveP521}
	for _, g := range strings.FieldsFunc(*groups, func(r rune) bool { return r == ':' }) {
		c.CurvePreferences = append(c.CurvePreferences, curves[g])
	}
	if *protocols != "" {
		c.NextProtos = strings.Split(*protocols, ",")
	}
	if *roots != "" {
		pool := x509.NewCertPool()
		pem, _ := os.ReadFile(*roots)
		pool.AppendCertsFromPEM(pem)
		c.RootCAs, c.ClientCAs = pool, pool
	}
	c.InsecureSkipVerify = !*verify
	if *chain != "" {
		pair, err := tls.LoadX509KeyPair(*chain, *key)
		check(err)
		c.Certificates = []tls.Certificate{pair}
	}
	if *ask {
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if *fail != "" {
		c.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) { return nil, errors.New(*fail) }
	}
	if *keylog != "" {
		c.KeyLogWriter, _ = os.OpenFile(*keylog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0600)
	}
	if *twice {
		c.ClientSessionCache = tls.NewLRUClientSessionCache(4)
	}
	return c
}

func check(err error) {
	if err != nil {
		fmt.Printf("ERR %T %v\n", err, err)
		os.Exit(1)
	}
}

func talk(c *tls.Config) {
	tcp, err := net.DialTimeout("tcp", *address, 10*time.Second)
	check(err)
	tcp.SetDeadline(time.Now().Add(20 * time.Second))
	conn := tls.Client(tcp, c)
	if err := conn.Handshake(); err != nil {
		fmt.Printf("ERR %T %v\n", err, err)
		tcp.Close()
		os.Exit(1)
	}
	if *request {
		fmt.Fprintf(conn, "GET / HTTP/1.0\r\nHost: %s\r\n\r\n", *name)
		_, err = io.Copy(io.Discard, conn)
	}
	fmt.Printf("done, resumed %v, %v\n", conn.ConnectionState().DidResume, err)
	conn.Close()
}

func answer(tcp net.Conn, c *tls.Config) {
	defer tcp.Close()
	conn := tls.Server(tcp, c)
	if err := conn.Handshake(); err != nil {
		fmt.Printf("ERR %T %v\n", err, err)
		return
	}
	buffer := make([]byte, 4096)
	if _, err := conn.Read(buffer); err != nil {
		fmt.Printf("ERR %T %v\n", err, err)
		return
	}
	fmt.Fprintf(conn, "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n")
	conn.Close()
}

func main() {
	flag.Parse()
	c := config()
	if !*serve {
		talk(c)
		if *twice {
			talk(c)
		}
		return
	}
	listener, err := net.Listen("tcp", *address)
	check(err)
	for {
		tcp, err := listener.Accept()
		check(err)
		go answer(tcp, c)
	}
}
