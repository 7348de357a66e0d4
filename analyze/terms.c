/* The contract's words for the enums of a verdict. */
#include "analyze.h"

const char *outcome_name(enum outcome o)
{
	switch (o) {
	case OUTCOME_COMPLETED:
		return "completed";
	case OUTCOME_FAILED:
		return "failed";
	case OUTCOME_INCONCLUSIVE:
		break;
	}
	return "inconclusive";
}

/* NULL for STEP_NONE: nothing was reached. */
const char *step_name(enum step s)
{
	static const char *const names[STEP_COUNT] = {
		[STEP_TCP_SYN] = "tcp_syn",
		[STEP_TCP_ESTABLISHED] = "tcp_established",
		[STEP_CLIENT_HELLO] = "client_hello",
		[STEP_HELLO_RETRY_REQUEST] = "hello_retry_request",
		[STEP_SERVER_HELLO] = "server_hello",
		[STEP_CERTIFICATE] = "certificate",
		[STEP_SERVER_KEY_EXCHANGE] = "server_key_exchange",
		[STEP_CERTIFICATE_REQUEST] = "certificate_request",
		[STEP_SERVER_HELLO_DONE] = "server_hello_done",
		[STEP_CLIENT_CERTIFICATE] = "client_certificate",
		[STEP_CLIENT_KEY_EXCHANGE] = "client_key_exchange",
		[STEP_CLIENT_FINISHED] = "client_finished",
		[STEP_SERVER_FINISHED] = "server_finished",
		[STEP_APPLICATION_DATA] = "application_data",
	};

	return s < STEP_COUNT ? names[s] : NULL;
}

const char *confidence_name(enum confidence c)
{
	switch (c) {
	case CERTAIN:
		return "certain";
	case LIKELY:
		return "likely";
	case POSSIBLE:
		break;
	}
	return "possible";
}

const char *party_name(enum party p)
{
	switch (p) {
	case PARTY_CLIENT:
		return "client";
	case PARTY_SERVER:
		return "server";
	case PARTY_NETWORK:
		return "network";
	case PARTY_UNKNOWN:
		break;
	}
	return "unknown";
}

const char *severity_name(enum severity s)
{
	switch (s) {
	case SEVERITY_BAD:
		return "bad";
	case SEVERITY_WARN:
		return "warn";
	case SEVERITY_INFO:
		break;
	}
	return "info";
}
