# A TLS client as Ruby programs are, for captures. One JSON object of options as argument.
require "net/http"
require "openssl"
require "json"
o = JSON.parse(ARGV[0])
h = Net::HTTP.new(o["name"].empty? ? o["host"] : o["name"], o["port"])
h.ipaddr = o["address"]
h.use_ssl = true
h.ca_file = o["roots"]
h.verify_mode = o["verify"] ? OpenSSL::SSL::VERIFY_PEER : OpenSSL::SSL::VERIFY_NONE
h.min_version, h.max_version = ["low", "high"].map { |k| "TLS1_" + o[k].split(".")[1] }
h.open_timeout = h.read_timeout = 15
h.max_retries = 0
if o["chain"]
	h.cert = OpenSSL::X509::Certificate.new(File.read(o["chain"]))
	h.key = OpenSSL::PKey.read(File.read(o["key"]))
end
begin
	h.start { |c| puts "OK " + c.get("/").code }
rescue => e
	puts "ERR #{e.class} #{e.message}"
	exit 1
end
