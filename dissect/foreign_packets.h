/*
 * Recognisers of binary protocols, each by its first packet. A recogniser that would need more
 * bytes to be sure breaks the reader.
 */
#ifndef TLSWHY_FOREIGN_PACKETS_H
#define TLSWHY_FOREIGN_PACKETS_H

#include "../bytes.h"

bool is_client_hello(struct reader *r);
bool is_postgres_startup(struct reader *r);
bool is_postgres_reply(struct reader *r);
bool is_mysql_greeting(struct reader *r);
bool is_ldap(struct reader *r);
bool is_tds_request(struct reader *r);
bool is_tds_reply(struct reader *r);
bool is_rdp(struct reader *r);
bool is_smb(struct reader *r);
bool is_mqtt_connect(struct reader *r);
bool is_mqtt_connack(struct reader *r);
bool is_http2_settings(struct reader *r);
bool is_socks5_request(struct reader *r);
bool is_socks4_request(struct reader *r);
bool is_socks5_reply(struct reader *r);
bool is_socks4_reply(struct reader *r);
bool is_proxy_v2(struct reader *r);
bool is_git_request(struct reader *r);
bool is_syslog(struct reader *r);
bool is_mongodb_request(struct reader *r);
bool is_dns(struct reader *r);
bool is_kafka_request(struct reader *r);
bool is_openvpn_reset(struct reader *r);
bool is_x11_setup(struct reader *r);
bool is_telnet(struct reader *r);

#endif
