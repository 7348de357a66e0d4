import java.io.*;
import java.net.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.*;
import java.util.*;
import javax.net.ssl.*;

/** A TLS client and server on JSSE, for captures. Arguments: name=value. */
public class Peer {
	static Map<String, String> o = new HashMap<>();

	static String get(String name) {
		return o.getOrDefault(name, "");
	}

	static Collection<? extends java.security.cert.Certificate> certificates(String file) throws Exception {
		try (InputStream in = new FileInputStream(file)) {
			return CertificateFactory.getInstance("X.509").generateCertificates(in);
		}
	}

	static KeyManager[] own() throws Exception {
		if (get("p12").isEmpty())
			return null;
		KeyStore store = KeyStore.getInstance("PKCS12");
		try (InputStream in = new FileInputStream(get("p12"))) {
			store.load(in, "lablab".toCharArray());
		}
		KeyManagerFactory f = KeyManagerFactory.getInstance("PKIX");
		f.init(store, "lablab".toCharArray());
		return f.getKeyManagers();
	}

	static TrustManager[] trusted() throws Exception {
		if (get("roots").isEmpty())
			return null;
		KeyStore store = KeyStore.getInstance("PKCS12");
		store.load(null, null);
		int n = 0;
		for (java.security.cert.Certificate c : certificates(get("roots")))
			store.setCertificateEntry("root" + n++, c);
		PKIXBuilderParameters p = new PKIXBuilderParameters(store, new X509CertSelector());
		p.setRevocationEnabled(!get("crl").isEmpty());
		if (!get("crl").isEmpty()) {
			try (InputStream in = new FileInputStream(get("crl"))) {
				p.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(
					CertificateFactory.getInstance("X.509").generateCRLs(in))));
			}
		}
		TrustManagerFactory f = TrustManagerFactory.getInstance("PKIX");
		f.init(new CertPathTrustManagerParameters(p));
		return f.getTrustManagers();
	}

	static String[] list(String name) {
		return get(name).isEmpty() ? null : get(name).split("[:,]");
	}

	static void tell(Exception e) {
		System.out.println("ERR " + e);
		for (Throwable t = e.getCause(); t != null; t = t.getCause())
			System.out.println("because " + t);
	}

	static void shape(SSLParameters p) {
		p.setProtocols(list("versions"));
		if (list("ciphers") != null)
			p.setCipherSuites(list("ciphers"));
		if (list("alpn") != null)
			p.setApplicationProtocols(list("alpn"));
	}

	static void serve(SSLContext context) throws Exception {
		SSLServerSocket listener = (SSLServerSocket) context.getServerSocketFactory()
			.createServerSocket(Integer.parseInt(get("port")));
		SSLParameters p = listener.getSSLParameters();
		shape(p);
		p.setNeedClientAuth(get("ask").equals("true"));
		if (!get("only").isEmpty())
			p.setSNIMatchers(List.of(SNIHostName.createSNIMatcher(get("only"))));
		listener.setSSLParameters(p);
		while (true) {
			try (Socket s = listener.accept()) {
				s.setSoTimeout(20000);
				s.getInputStream().read(new byte[4096]);
				s.getOutputStream().write("HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n".getBytes());
			} catch (IOException e) {
				tell(e);
			}
		}
	}

	static void talk(SSLContext context) throws Exception {
		Socket tcp = new Socket();
		tcp.setSoTimeout(20000);
		tcp.connect(new InetSocketAddress(get("host"), Integer.parseInt(get("port"))), 20000);
		String name = get("name").isEmpty() ? get("host") : get("name");
		SSLSocket s = (SSLSocket) context.getSocketFactory().createSocket(tcp, name, 443, true);
		SSLParameters p = s.getSSLParameters();
		shape(p);
		p.setServerNames(get("name").isEmpty() ? List.of() : List.of(new SNIHostName(name)));
		p.setEndpointIdentificationAlgorithm(get("name").isEmpty() ? null : "HTTPS");
		s.setSSLParameters(p);
		s.startHandshake();
		System.out.println("OK " + s.getSession().getProtocol() + " " + s.getSession().getCipherSuite());
		s.getOutputStream().write("GET / HTTP/1.0\r\n\r\n".getBytes());
		while (s.getInputStream().read(new byte[4096]) > 0)
			;
		s.close();
	}

	public static void main(String[] argv) throws Exception {
		for (String a : argv)
			o.put(a.substring(0, a.indexOf('=')), a.substring(a.indexOf('=') + 1));
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(own(), trusted(), null);
		try {
			if (get("serve").isEmpty())
				talk(context);
			else
				serve(context);
		} catch (Exception e) {
			tell(e);
			System.exit(1);
		}
	}
}
