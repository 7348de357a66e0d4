// A client on .NET's SslStream: host, port, server name. Says what came of it.
using System;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

class Peer
{
	static int Main(string[] args)
	{
		const SslProtocols Tls12 = (SslProtocols)3072;
		try {
			var tcp = new TcpClient(args[0], int.Parse(args[1]));
			var tls = new SslStream(tcp.GetStream(), false);
			tls.AuthenticateAsClient(args[2], null, Tls12, false);
			Console.WriteLine("connected with " + tls.SslProtocol);
			tls.Write(Encoding.ASCII.GetBytes("GET / HTTP/1.0\r\nHost: " + args[2] + "\r\n\r\n"));
			var answer = new byte[4096];
			Console.WriteLine(tls.Read(answer, 0, answer.Length) + " bytes");
			tls.Close();
			return 0;
		} catch (Exception e) {
			for (var at = e; at != null; at = at.InnerException)
				Console.WriteLine("ERR " + at.GetType() + " " + at.Message);
			return 1;
		}
	}
}
