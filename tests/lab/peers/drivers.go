// Drivers of databases and directories for Go, as Debian packages them: drivers KIND HOST PORT ROOTS MODE
package main

import (
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"fmt"
	"os"
	"time"

	_ "github.com/denisenkom/go-mssqldb"
	ldap "github.com/go-ldap/ldap/v3"
	"github.com/go-sql-driver/mysql"
	_ "github.com/lib/pq"
)

func main() {
	kind, host, port, roots, mode := os.Args[1], os.Args[2], os.Args[3], os.Args[4], os.Args[5]
	time.AfterFunc(10*time.Second, func() { fmt.Println("ERR gave up"); os.Exit(1) })
	pem, _ := os.ReadFile(roots)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	config := &tls.Config{RootCAs: pool, ServerName: host}
	var err error
	switch kind {
	case "pq":
		err = query("postgres", fmt.Sprintf("host=%s port=%s user=postgres dbname=postgres sslmode=%s sslrootcert=%s connect_timeout=8", host, port, mode, roots))
	case "mysql":
		mysql.RegisterTLSConfig("lab", config)
		err = query("mysql", fmt.Sprintf("kim:secret@tcp(%s:%s)/?tls=%s&timeout=8s", host, port, mode))
	case "mssql":
		err = query("mssql", fmt.Sprintf("server=%s;port=%s;user id=sa;password=secret;encrypt=%s;certificate=%s;hostNameInCertificate=%s;dial timeout=6", host, port, mode, roots, host))
	case "ldap":
		err = directory(host+":"+port, mode, config)
	}
	if err != nil {
		fmt.Println("ERR", err)
		os.Exit(1)
	}
	fmt.Println("OK")
}

func query(driver, source string) error {
	db, err := sql.Open(driver, source)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.Exec("select 1")
	return err
}

func directory(address, mode string, config *tls.Config) error {
	if mode == "ldaps" {
		c, err := ldap.DialTLS("tcp", address, config)
		if err == nil {
			c.Close()
		}
		return err
	}
	c, err := ldap.Dial("tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	if err = c.StartTLS(config); err != nil {
		return err
	}
	_, err = c.Search(ldap.NewSearchRequest("", ldap.ScopeBaseObject, 0, 0, 0, false, "(objectClass=*)", nil, nil))
	return err
}
