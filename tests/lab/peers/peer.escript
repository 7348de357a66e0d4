#!/usr/bin/env escript
%% A TLS client and server on Erlang's ssl, for captures. Arguments: name=value.
main(Arguments) ->
	O = maps:from_list([pair(A) || A <- Arguments]),
	{ok, _} = application:ensure_all_started(ssl),
	logger:set_primary_config(level, none),
	case get(O, "serve") of "" -> talk(O); _ -> serve(O) end.

pair(A) -> [K, V] = string:split(A, "="), {K, V}.
get(O, K) -> maps:get(K, O, "").
list(O, K) -> string:lexemes(get(O, K), ",:").
option(O, K, Make) -> case get(O, K) of "" -> []; V -> Make(V) end.

common(O) ->
	[{versions, [list_to_atom(V) || V <- list(O, "versions")]}] ++
	option(O, "chain", fun(V) -> [{certfile, V}, {keyfile, get(O, "key")}] end) ++
	option(O, "roots", fun(V) -> [{cacertfile, V}] end) ++
	option(O, "ciphers", fun(_) -> [{ciphers, list(O, "ciphers")}] end) ++
	option(O, "groups", fun(_) -> [{supported_groups, [list_to_atom(G) || G <- list(O, "groups")]}] end).

talk(O) ->
	Sni = case get(O, "name") of "" -> disable; N -> N end,
	More = [{server_name_indication, Sni},
		{customize_hostname_check, [{match_fun, public_key:pkix_verify_hostname_match_fun(https)}]},
		{verify, list_to_atom(get(O, "verify"))}] ++
		option(O, "alpn", fun(_) -> [{alpn_advertised_protocols, [list_to_binary(P) || P <- list(O, "alpn")]}] end),
	case ssl:connect(get(O, "host"), list_to_integer(get(O, "port")), common(O) ++ More ++ [{active, false}], 20000) of
		{ok, S} ->
			io:format("OK ~p~n", [ssl:connection_information(S, [protocol, selected_cipher_suite])]),
			ssl:send(S, "GET / HTTP/1.0\r\n\r\n"),
			io:format("~p~n", [ssl:recv(S, 0, 5000)]),
			ssl:close(S);
		Problem -> io:format("ERR ~p~n", [Problem])
	end.

serve(O) ->
	More = case get(O, "ask") of
		"" -> [];
		_ -> [{verify, verify_peer}, {fail_if_no_peer_cert, true}]
	end ++ option(O, "alpn", fun(_) -> [{alpn_preferred_protocols, [list_to_binary(P) || P <- list(O, "alpn")]}] end),
	{ok, L} = ssl:listen(list_to_integer(get(O, "port")), common(O) ++ More ++ [inet6, {reuseaddr, true}, {active, false}]),
	accept(L).

accept(L) ->
	{ok, T} = ssl:transport_accept(L),
	case ssl:handshake(T, 20000) of
		{ok, S} ->
			case ssl:recv(S, 0, 5000) of
				{ok, _} -> ssl:send(S, "HTTP/1.0 200 OK\r\nContent-Length: 6\r\n\r\nhello\n");
				Problem -> io:format("ERR ~p~n", [Problem])
			end,
			ssl:close(S);
		Problem -> io:format("ERR ~p~n", [Problem])
	end,
	accept(L).
