// A QUIC client and server on quic-go, for captures: the one stack in Debian whose QUIC client
// verifies certificates.
package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"time"

	"github.com/lucas-clemente/quic-go"
)

var (
	serve     = flag.Bool("serve", false, "be the server")
	address   = flag.String("address", ":443", "where")
	name      = flag.String("name", "", "server_name")
	protocols = flag.String("alpn", "h3", "comma-separated")
	roots     = flag.String("roots", "", "PEM file of trusted issuers")
	chain     = flag.String("chain", "", "PEM file")
	key       = flag.String("key", "", "PEM file")
	ask       = flag.Bool("ask", false, "demand a client certificate")
	keylog    = flag.String("keylog", "", "NSS key log")
	versions  = flag.String("versions", "", "QUIC versions: 1, 2 or draft29, comma-separated")
	retry     = flag.Bool("retry", false, "the server validates the client's address with Retry")
	request   = flag.Bool("request", true, "send a request once connected")
)

func check(err error) {
	if err != nil {
		fmt.Printf("ERR %T %v\n", err, err)
		time.Sleep(200 * time.Millisecond) // let the last packet out
		os.Exit(1)
	}
}

func tlsConfig() *tls.Config {
	c := &tls.Config{ServerName: *name, NextProtos: strings.Split(*protocols, ",")}
	if *roots != "" {
		pool := x509.NewCertPool()
		pem, _ := os.ReadFile(*roots)
		pool.AppendCertsFromPEM(pem)
		c.RootCAs, c.ClientCAs = pool, pool
	}
	if *chain != "" {
		pair, err := tls.LoadX509KeyPair(*chain, *key)
		check(err)
		c.Certificates = []tls.Certificate{pair}
	}
	if *ask {
		c.ClientAuth = tls.RequireAndVerifyClientCert
	}
	if *keylog != "" {
		c.KeyLogWriter, _ = os.OpenFile(*keylog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0600)
	}
	return c
}

func quicConfig() *quic.Config {
	known := map[string]quic.VersionNumber{"1": quic.Version1, "2": quic.Version2, "draft29": quic.VersionDraft29}
	c := &quic.Config{HandshakeIdleTimeout: 8 * time.Second}
	for _, v := range strings.FieldsFunc(*versions, func(r rune) bool { return r == ',' }) {
		c.Versions = append(c.Versions, known[v])
	}
	c.RequireAddressValidation = func(net.Addr) bool { return *retry }
	return c
}

func talk() {
	conn, err := quic.DialAddr(*address, tlsConfig(), quicConfig())
	check(err)
	if *request {
		stream, err := conn.OpenStreamSync(context.Background())
		check(err)
		fmt.Fprintf(stream, "GET /\r\n")
		stream.Close()
		_, err = io.Copy(io.Discard, stream)
		check(err)
	}
	fmt.Println("done")
	conn.CloseWithError(0, "")
	time.Sleep(200 * time.Millisecond)
}

func answer(conn quic.Connection) {
	stream, err := conn.AcceptStream(context.Background())
	if err != nil {
		fmt.Printf("ERR %T %v\n", err, err)
		return
	}
	io.Copy(io.Discard, stream)
	fmt.Fprintf(stream, "hello\n")
	stream.Close()
}

func main() {
	flag.Parse()
	if !*serve {
		talk()
		return
	}
	listener, err := quic.ListenAddr(*address, tlsConfig(), quicConfig())
	check(err)
	for {
		conn, err := listener.Accept(context.Background())
		check(err)
		go answer(conn)
	}
}
