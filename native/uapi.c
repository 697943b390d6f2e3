/*
 * Prints what this machine's kernel headers say of every constant, size and offset that our TypeScript repeats, as one
 * JSON object. test/contract/uapi.test.ts compares; README.md beside this file says how to add one.
 */
/* struct ucred, CLONE_NEWNET */
#define _GNU_SOURCE
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <linux/bpf.h>
#include <linux/genetlink.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/inet_diag.h>
#include <linux/ip_vs.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_tuple_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>

static const char *comma = "";

static void print_number(const char *name, long long value)
{
	printf("%s\n    \"%s\": %lld", comma, name, value);
	comma = ",";
}

static void print_text(const char *name, const char *value)
{
	printf("%s\n    \"%s\": \"%s\"", comma, name, value);
	comma = ",";
}

static void open_group(const char *name)
{
	printf("%s\n  \"%s\": {", comma, name);
	comma = "";
}

static void close_group(void)
{
	printf("\n  }");
	comma = ",";
}

#define N(name) print_number(#name, name);
#define SIZE(type) print_number(#type, sizeof(type));
#define AT(type, field) print_number(#type "." #field, offsetof(type, field));

/* Lists below define X for their prefix. A name that stands beside # and ## is not expanded, should it be a macro itself. */

static void netlink_constants(void)
{
#define X(name) print_number("NETLINK_" #name, NETLINK_##name);
	X(ROUTE) X(SOCK_DIAG) X(NETFILTER) X(GENERIC) X(ADD_MEMBERSHIP) X(CAP_ACK) X(EXT_ACK) X(GET_STRICT_CHK)
#undef X
#define X(name) print_number("NLM_F_" #name, NLM_F_##name);
	X(REQUEST) X(MULTI) X(ACK) X(ECHO) X(DUMP_INTR) X(DUMP_FILTERED) X(DUMP) X(REPLACE) X(EXCL) X(CREATE)
	X(APPEND) X(CAPPED) X(ACK_TLVS)
#undef X
#define X(name) print_number("NLMSG_" #name, NLMSG_##name);
	X(NOOP) X(ERROR) X(DONE) X(OVERRUN) X(MIN_TYPE)
#undef X
	N(NLA_F_NESTED) N(NLA_F_NET_BYTEORDER)
	/* In C an int with all upper bits set; the type field has 16. */
	print_number("NLA_TYPE_MASK", NLA_TYPE_MASK & 0xffff);
	N(NLMSGERR_ATTR_MSG) N(NLMSGERR_ATTR_OFFS) N(NLMSGERR_ATTR_COOKIE)
	N(AF_UNIX) N(AF_INET) N(AF_INET6) N(AF_NETLINK) N(SOCK_STREAM) N(SOCK_RAW) N(SOCK_NONBLOCK) N(SOCK_CLOEXEC)
	N(SOL_SOCKET) N(SOL_NETLINK) N(SO_RCVBUF) N(SO_PEERCRED) N(SO_RCVTIMEO) N(MSG_PEEK) N(MSG_TRUNC) N(MSG_DONTWAIT)
	N(TCP_USER_TIMEOUT) N(CLONE_NEWNET)
	N(GENL_ID_CTRL) N(GENL_HDRLEN) N(GENL_NAMSIZ) N(CTRL_CMD_NEWFAMILY) N(CTRL_CMD_GETFAMILY)
#define X(name) print_number("CTRL_ATTR_" #name, CTRL_ATTR_##name);
	X(FAMILY_ID) X(FAMILY_NAME) X(VERSION) X(HDRSIZE) X(MAXATTR)
#undef X
}

static void rtnetlink_constants(void)
{
#define X(name) print_number("RTM_" #name, RTM_##name);
	X(NEWLINK) X(DELLINK) X(GETLINK) X(SETLINK) X(NEWADDR) X(DELADDR) X(GETADDR) X(NEWROUTE) X(DELROUTE) X(GETROUTE)
	X(F_LOOKUP_TABLE) X(F_FIB_MATCH)
#undef X
#define X(name) print_number("IFLA_" #name, IFLA_##name);
	X(ADDRESS) X(IFNAME) X(MTU) X(LINKINFO) X(EXT_MASK) X(INFO_KIND)
#undef X
	N(IFF_UP) N(IFF_LOOPBACK) N(RTEXT_FILTER_SKIP_STATS) N(IFNAMSIZ)
#define X(name) print_number("IFA_" #name, IFA_##name);
	X(ADDRESS) X(LOCAL) X(FLAGS) X(F_SECONDARY) X(F_NODAD) X(F_TENTATIVE) X(F_PERMANENT) X(F_NOPREFIXROUTE)
#undef X
#define X(name) print_number("RTA_" #name, RTA_##name);
	X(DST) X(OIF) X(GATEWAY) X(PRIORITY) X(PREFSRC) X(TABLE) X(VIA)
#undef X
#define X(name) print_number("RTNLGRP_" #name, RTNLGRP_##name);
	X(LINK) X(IPV4_IFADDR) X(IPV4_ROUTE) X(IPV4_RULE) X(IPV6_IFADDR) X(IPV6_ROUTE) X(IPV6_RULE)
	X(IPV4_NETCONF) X(IPV6_NETCONF) X(NEXTHOP)
#undef X
	N(RT_TABLE_UNSPEC) N(RT_TABLE_DEFAULT) N(RT_TABLE_MAIN) N(RT_TABLE_LOCAL)
	N(RTPROT_UNSPEC) N(RTPROT_KERNEL) N(RTPROT_BOOT) N(RTPROT_STATIC)
#define X(name) print_number("RTN_" #name, RTN_##name);
	X(UNSPEC) X(UNICAST) X(LOCAL) X(BROADCAST) X(ANYCAST) X(MULTICAST) X(BLACKHOLE) X(UNREACHABLE) X(PROHIBIT)
	X(THROW) X(NAT) X(XRESOLVE)
#undef X
#define X(name) print_number("RT_SCOPE_" #name, RT_SCOPE_##name);
	X(UNIVERSE) X(SITE) X(LINK) X(HOST) X(NOWHERE)
#undef X
}

static void nft_constants(void)
{
#define X(name) print_number("NFNL_" #name, NFNL_##name);
	X(SUBSYS_NFTABLES) X(MSG_BATCH_BEGIN) X(MSG_BATCH_END) X(BATCH_GENID)
#undef X
#define X(name) print_number("NFT_MSG_" #name, NFT_MSG_##name);
	X(NEWTABLE) X(GETTABLE) X(DELTABLE) X(NEWCHAIN) X(GETCHAIN) X(NEWRULE) X(GETRULE) X(NEWGEN) X(GETGEN)
#undef X
#define X(name) print_number("NFTA_" #name, NFTA_##name);
	X(TABLE_NAME) X(TABLE_FLAGS) X(TABLE_USE)
	X(CHAIN_TABLE) X(CHAIN_NAME) X(CHAIN_HOOK) X(CHAIN_POLICY) X(CHAIN_TYPE) X(HOOK_HOOKNUM) X(HOOK_PRIORITY)
	X(RULE_TABLE) X(RULE_CHAIN) X(RULE_EXPRESSIONS) X(LIST_ELEM) X(EXPR_NAME) X(EXPR_DATA) X(DATA_VALUE)
	X(CMP_SREG) X(CMP_OP) X(CMP_DATA) X(PAYLOAD_DREG) X(PAYLOAD_BASE) X(PAYLOAD_OFFSET) X(PAYLOAD_LEN)
	X(META_DREG) X(META_KEY) X(CT_DREG) X(CT_KEY) X(CT_DIRECTION) X(COUNTER_BYTES) X(COUNTER_PACKETS) X(GEN_ID)
#undef X
#define X(name) print_number("NFT_" #name, NFT_##name);
	X(TABLE_F_DORMANT) X(REG_1) X(CMP_EQ) X(CMP_NEQ) X(PAYLOAD_NETWORK_HEADER) X(META_L4PROTO)
	X(CT_PROTO_DST) X(CT_DST_IP) X(CT_DST_IP6) X(NAME_MAXLEN)
#undef X
	N(NF_INET_PRE_ROUTING) N(NF_INET_LOCAL_IN) N(NF_INET_FORWARD) N(NF_INET_LOCAL_OUT) N(NF_INET_POST_ROUTING)
	N(NF_DROP) N(NF_ACCEPT) N(IP_CT_DIR_ORIGINAL)
}

static void sock_diag_constants(void)
{
	N(SOCK_DIAG_BY_FAMILY) N(SOCK_DESTROY) N(INET_DIAG_NOCOOKIE)
#define X(name) print_number("BPF_TCP_" #name, BPF_TCP_##name);
	X(ESTABLISHED) X(SYN_SENT) X(SYN_RECV) X(FIN_WAIT1) X(FIN_WAIT2) X(TIME_WAIT) X(CLOSE) X(CLOSE_WAIT) X(LAST_ACK)
	X(LISTEN) X(CLOSING) X(NEW_SYN_RECV)
#undef X
}

static void ipvs_constants(void)
{
	print_text("IPVS_GENL_NAME", IPVS_GENL_NAME);
	N(IPVS_GENL_VERSION)
#define X(name) print_number("IPVS_CMD_" #name, IPVS_CMD_##name);
	X(NEW_SERVICE) X(SET_SERVICE) X(DEL_SERVICE) X(GET_SERVICE) X(NEW_DEST) X(SET_DEST) X(DEL_DEST) X(GET_DEST)
	X(SET_CONFIG) X(GET_CONFIG) X(SET_INFO) X(GET_INFO) X(ZERO)
	X(ATTR_SERVICE) X(ATTR_DEST) X(ATTR_TIMEOUT_TCP) X(ATTR_TIMEOUT_TCP_FIN) X(ATTR_TIMEOUT_UDP)
#undef X
#define X(name) print_number("IPVS_SVC_ATTR_" #name, IPVS_SVC_ATTR_##name);
	X(AF) X(PROTOCOL) X(ADDR) X(PORT) X(FWMARK) X(SCHED_NAME) X(FLAGS) X(TIMEOUT) X(NETMASK) X(STATS) X(PE_NAME)
	X(STATS64)
#undef X
#define X(name) print_number("IPVS_DEST_ATTR_" #name, IPVS_DEST_ATTR_##name);
	X(ADDR) X(PORT) X(FWD_METHOD) X(WEIGHT) X(U_THRESH) X(L_THRESH) X(ACTIVE_CONNS) X(INACT_CONNS) X(PERSIST_CONNS)
	X(STATS) X(ADDR_FAMILY) X(STATS64) X(TUN_TYPE) X(TUN_PORT) X(TUN_FLAGS)
#undef X
#define X(name) print_number("IPVS_STATS_ATTR_" #name, IPVS_STATS_ATTR_##name);
	X(CONNS) X(INPKTS) X(OUTPKTS) X(INBYTES) X(OUTBYTES) X(CPS) X(INPPS) X(OUTPPS) X(INBPS) X(OUTBPS)
#undef X
	N(IPVS_INFO_ATTR_VERSION) N(IPVS_INFO_ATTR_CONN_TAB_SIZE)
#define X(name) print_number("IP_VS_SVC_F_" #name, IP_VS_SVC_F_##name);
	X(PERSISTENT) X(HASHED) X(ONEPACKET) X(SCHED1) X(SCHED2) X(SCHED3)
#undef X
#define X(name) print_number("IP_VS_CONN_F_" #name, IP_VS_CONN_F_##name);
	X(FWD_MASK) X(MASQ) X(LOCALNODE) X(TUNNEL) X(DROUTE) X(BYPASS)
	X(TUNNEL_TYPE_IPIP) X(TUNNEL_TYPE_GUE) X(TUNNEL_TYPE_GRE)
#undef X
	N(IP_VS_TUNNEL_ENCAP_FLAG_CSUM) N(IP_VS_TUNNEL_ENCAP_FLAG_REMCSUM)
	N(IP_VS_SCHEDNAME_MAXLEN) N(IP_VS_PENAME_MAXLEN) N(IPPROTO_TCP) N(IPPROTO_UDP) N(IPPROTO_SCTP)
}

static void sizes(void)
{
	SIZE(struct nlmsghdr) SIZE(struct nlattr) SIZE(struct sockaddr_nl) SIZE(struct genlmsghdr) SIZE(struct timeval)
	SIZE(struct sockaddr_un) SIZE(struct ucred)
	SIZE(struct nfgenmsg) SIZE(struct ifinfomsg) SIZE(struct ifaddrmsg) SIZE(struct rtmsg) SIZE(struct ip_vs_flags)
	SIZE(struct inet_diag_req_v2) SIZE(struct inet_diag_msg)
}

static void offsets(void)
{
#define X(field) AT(struct nlmsghdr, field)
	X(nlmsg_len) X(nlmsg_type) X(nlmsg_flags) X(nlmsg_seq) X(nlmsg_pid)
#undef X
	AT(struct nlattr, nla_len) AT(struct nlattr, nla_type)
	AT(struct nlmsgerr, error) AT(struct nlmsgerr, msg)
	AT(struct sockaddr_nl, nl_family) AT(struct sockaddr_nl, nl_pid) AT(struct sockaddr_nl, nl_groups)
	AT(struct genlmsghdr, cmd) AT(struct genlmsghdr, version) AT(struct genlmsghdr, reserved)
	AT(struct sockaddr_un, sun_family) AT(struct sockaddr_un, sun_path)
	AT(struct ucred, pid) AT(struct ucred, uid) AT(struct ucred, gid)
	AT(struct timeval, tv_sec) AT(struct timeval, tv_usec)
	AT(struct nfgenmsg, nfgen_family) AT(struct nfgenmsg, version) AT(struct nfgenmsg, res_id)
#define X(field) AT(struct ifinfomsg, field)
	X(ifi_family) X(ifi_type) X(ifi_index) X(ifi_flags) X(ifi_change)
#undef X
#define X(field) AT(struct ifaddrmsg, field)
	X(ifa_family) X(ifa_prefixlen) X(ifa_flags) X(ifa_scope) X(ifa_index)
#undef X
#define X(field) AT(struct rtmsg, field)
	X(rtm_family) X(rtm_dst_len) X(rtm_src_len) X(rtm_tos) X(rtm_table) X(rtm_protocol) X(rtm_scope) X(rtm_type)
	X(rtm_flags)
#undef X
	AT(struct rtvia, rtvia_family) AT(struct rtvia, rtvia_addr)
#define X(field) AT(struct inet_diag_req_v2, field)
	X(sdiag_family) X(sdiag_protocol) X(idiag_ext) X(pad) X(idiag_states) X(id)
#undef X
#define X(field) AT(struct inet_diag_sockid, field)
	X(idiag_sport) X(idiag_dport) X(idiag_src) X(idiag_dst) X(idiag_if) X(idiag_cookie)
#undef X
#define X(field) AT(struct inet_diag_msg, field)
	X(idiag_family) X(idiag_state) X(id) X(idiag_uid) X(idiag_inode)
#undef X
	AT(struct ip_vs_flags, flags) AT(struct ip_vs_flags, mask)
}

int main(void)
{
	printf("{");
	open_group("constants");
	netlink_constants();
	rtnetlink_constants();
	nft_constants();
	sock_diag_constants();
	ipvs_constants();
	close_group();
	open_group("sizes");
	sizes();
	close_group();
	open_group("offsets");
	offsets();
	close_group();
	printf("\n}\n");
	return 0;
}
