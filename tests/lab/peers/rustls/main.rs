// A TLS client and server on rustls, for captures. Arguments: name=value.
use std::{collections::HashMap, env, fs::File, io::{BufReader, Read, Write}, net::*, sync::Arc, time::Duration};
use rustls::*;

type Options = HashMap<String, String>;

fn certificates(path: &str) -> Vec<Certificate> {
	rustls_pemfile::certs(&mut BufReader::new(File::open(path).unwrap())).unwrap().into_iter().map(Certificate).collect()
}

fn key(path: &str) -> PrivateKey {
	let mut f = BufReader::new(File::open(path).unwrap());
	match rustls_pemfile::read_one(&mut f).unwrap().unwrap() {
		rustls_pemfile::Item::RSAKey(k) | rustls_pemfile::Item::PKCS8Key(k) | rustls_pemfile::Item::ECKey(k) => PrivateKey(k),
		_ => panic!("no key"),
	}
}

fn roots(o: &Options) -> RootCertStore {
	let mut store = RootCertStore::empty();
	for c in certificates(&o["roots"]) {
		store.add(&c).unwrap();
	}
	store
}

fn versions(o: &Options) -> Vec<&'static SupportedProtocolVersion> {
	let all = [("1.2", &version::TLS12), ("1.3", &version::TLS13)];
	all.iter().filter(|(v, _)| *v >= &o["low"][..] && *v <= &o["high"][..]).map(|(_, v)| *v).collect()
}

fn alpn(o: &Options) -> Vec<Vec<u8>> {
	o.get("alpn").map_or(vec![], |a| a.split(',').map(|p| p.as_bytes().to_vec()).collect())
}

fn suites(o: &Options) -> Vec<SupportedCipherSuite> {
	let all = ALL_CIPHER_SUITES.to_vec();
	match o.get("ciphers") {
		None => all,
		Some(names) => all.into_iter().filter(|s| names.split(':').any(|n| format!("{:?}", s.suite()) == n)).collect(),
	}
}

fn groups(o: &Options) -> Vec<&'static SupportedKxGroup> {
	match o.get("groups") {
		None => ALL_KX_GROUPS.to_vec(),
		Some(names) => ALL_KX_GROUPS.iter().cloned().filter(|g| names.split(':').any(|n| format!("{:?}", g.name) == n)).collect(),
	}
}

fn talk(o: &Options) {
	let b = ClientConfig::builder().with_cipher_suites(&suites(o)).with_kx_groups(&groups(o))
		.with_protocol_versions(&versions(o)).unwrap().with_root_certificates(roots(o));
	let mut c = match o.get("chain") {
		Some(chain) => b.with_single_cert(certificates(chain), key(&o["key"])).unwrap(),
		None => b.with_no_client_auth(),
	};
	c.alpn_protocols = alpn(o);
	c.enable_sni = o.contains_key("name");
	if o.contains_key("keylog") {
		c.key_log = Arc::new(KeyLogFile::new());
	}
	let name = o.get("name").unwrap_or(&o["host"]);
	let mut tls = ClientConnection::new(Arc::new(c), ServerName::try_from(&name[..]).unwrap()).unwrap();
	let mut tcp = TcpStream::connect(format!("{}:{}", o["host"], o["port"])).unwrap();
	tcp.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
	let mut s = Stream::new(&mut tls, &mut tcp);
	if let Err(e) = s.write_all(b"GET / HTTP/1.0\r\n\r\n") {
		println!("ERR {}", e);
		std::process::exit(1);
	}
	let mut answer = Vec::new();
	match s.read_to_end(&mut answer) {
		Ok(_) => println!("OK {}", answer.len()),
		Err(e) => println!("ERR {}", e),
	}
	tls.send_close_notify();
	let _ = tls.write_tls(&mut tcp);
}

fn serve(o: &Options) {
	let b = ServerConfig::builder().with_cipher_suites(&suites(o)).with_kx_groups(&groups(o))
		.with_protocol_versions(&versions(o)).unwrap();
	let b = match o.get("ask") {
		Some(_) => b.with_client_cert_verifier(server::AllowAnyAuthenticatedClient::new(roots(o))),
		None => b.with_no_client_auth(),
	};
	let mut c = match o.get("only") {
		Some(name) => {
			let mut by_name = server::ResolvesServerCertUsingSni::new();
			let signer = sign::any_supported_type(&key(&o["key"])).unwrap();
			by_name.add(name, sign::CertifiedKey::new(certificates(&o["chain"]), signer)).unwrap();
			b.with_cert_resolver(Arc::new(by_name))
		}
		None => b.with_single_cert(certificates(&o["chain"]), key(&o["key"])).unwrap(),
	};
	c.alpn_protocols = alpn(o);
	let c = Arc::new(c);
	let listener = TcpListener::bind(format!("[::]:{}", o["port"])).unwrap();
	for tcp in listener.incoming() {
		let mut tcp = tcp.unwrap();
		tcp.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
		let mut tls = ServerConnection::new(c.clone()).unwrap();
		let mut buffer = [0; 4096];
		let mut s = Stream::new(&mut tls, &mut tcp);
		match s.read(&mut buffer) {
			Ok(n) if n > 0 => { let _ = s.write_all(b"HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n"); }
			Ok(_) => println!("closed"),
			Err(e) => println!("ERR {}", e),
		}
		tls.send_close_notify();
		let _ = tls.write_tls(&mut tcp);
	}
}

fn main() {
	let o: Options = env::args().skip(1).filter_map(|a| a.split_once('=').map(|(k, v)| (k.to_string(), v.to_string()))).collect();
	if o.contains_key("serve") { serve(&o) } else { talk(&o) }
}
