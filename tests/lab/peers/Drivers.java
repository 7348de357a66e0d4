import java.io.FileInputStream;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.sql.Connection;
import java.sql.DriverManager;
import java.util.Hashtable;
import java.util.Properties;
import javax.mail.Session;
import javax.mail.Store;
import javax.mail.Transport;
import javax.naming.Context;
import javax.naming.ldap.InitialLdapContext;
import javax.naming.ldap.StartTlsRequest;
import javax.naming.ldap.StartTlsResponse;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/** Drivers of databases, mail and directories on JSSE: Drivers KIND HOST PORT ROOTS MODE. */
public class Drivers {
	static String host, port, roots, mode;

	static SSLSocketFactory factory() throws Exception {
		KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
		store.load(null, null);
		try (FileInputStream in = new FileInputStream(roots)) {
			int n = 0;
			for (Certificate c : CertificateFactory.getInstance("X.509").generateCertificates(in))
				store.setCertificateEntry("root" + n++, c);
		}
		TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
		trust.init(store);
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(null, trust.getTrustManagers(), null);
		return context.getSocketFactory();
	}

	static void query(String url) throws Exception {
		DriverManager.setLoginTimeout(8);
		try (Connection c = DriverManager.getConnection(url)) {
			c.createStatement().execute("select 1");
		}
	}

	static Properties mail(String kind) throws Exception {
		Properties p = new Properties();
		boolean now = mode.equals("implicit");
		String name = "mail." + kind + ".";
		p.put(name + "ssl.enable", String.valueOf(now));
		p.put(name + "starttls.enable", String.valueOf(!now));
		p.put(name + "starttls.required", String.valueOf(mode.equals("required")));
		p.put(name + "ssl.socketFactory", factory());
		p.put(name + "ssl.checkserveridentity", "true");
		p.put(name + "connectiontimeout", "6000");
		p.put(name + "timeout", "6000");
		return p;
	}

	static void directory() throws Exception {
		Hashtable<String, String> e = new Hashtable<>();
		e.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
		e.put(Context.PROVIDER_URL, "ldap://" + host + ":" + port);
		e.put("com.sun.jndi.ldap.read.timeout", "6000");
		InitialLdapContext c = new InitialLdapContext(e, null);
		StartTlsResponse tls = (StartTlsResponse) c.extendedOperation(new StartTlsRequest());
		tls.negotiate(factory());
		c.getAttributes("");
		tls.close();
		c.close();
	}

	public static void main(String[] args) {
		String kind = args[0];
		host = args[1];
		port = args[2];
		roots = args[3];
		mode = args[4];
		try {
			switch (kind) {
			case "postgresql":
				query("jdbc:postgresql://" + host + ":" + port + "/postgres?user=postgres&sslmode=" + mode + "&sslrootcert=" + roots);
				break;
			case "mariadb":
				query("jdbc:mariadb://" + host + ":" + port + "/?user=kim&password=secret" + (mode.equals("plain") ? "" : "&useSsl=true&serverSslCert=" + roots));
				break;
			case "smtp":
				Transport t = Session.getInstance(mail(kind)).getTransport(kind);
				t.connect(host, Integer.parseInt(port), null, null);
				t.close();
				break;
			case "imap":
			case "pop3":
				Store s = Session.getInstance(mail(kind)).getStore(kind);
				s.connect(host, Integer.parseInt(port), "kim", "secret");
				s.close();
				break;
			default:
				directory();
			}
			System.out.println("OK");
		} catch (Exception e) {
			for (Throwable t = e; t != null; t = t.getCause())
				System.out.println("ERR " + t);
			System.exit(1);
		}
		System.exit(0);
	}
}
