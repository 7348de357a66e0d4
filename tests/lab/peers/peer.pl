# A TLS client as Perl programs are, for captures. One JSON object of options as argument.
use strict;
use IO::Socket::SSL;
use JSON::PP;
my $o = decode_json($ARGV[0]);
my %own = $o->{chain} ? (SSL_cert_file => $o->{chain}, SSL_key_file => $o->{key}) : ();
my $all = "SSLv23:!SSLv3:!SSLv2:!TLSv1:!TLSv1_1";
my $versions = $o->{low} eq "1.3" ? "$all:!TLSv1_2" : $o->{high} eq "1.2" ? "$all:!TLSv1_3" : $all;
my $s = IO::Socket::SSL->new(PeerAddr => $o->{host}, PeerPort => $o->{port}, SSL_hostname => $o->{name},
	SSL_verifycn_name => $o->{name}, SSL_verifycn_scheme => "http", SSL_ca_file => $o->{roots},
	SSL_verify_mode => $o->{verify} ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, SSL_version => $versions, Timeout => 15, %own);
if (!$s) { print "ERR $SSL_ERROR $!\n"; exit 1; }
print "OK ", $s->get_sslversion, "\n";
print $s "GET / HTTP/1.0\r\n\r\n";
my $line = <$s>;
print $line // "nothing: $SSL_ERROR\n";
close $s;
