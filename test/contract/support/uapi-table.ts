import * as ipvs from '../../../packages/ipvs/src/constants.ts'
import * as netlink from '../../../packages/netlink/src/constants.ts'
import * as genl from '../../../packages/netlink/src/genl/constants.ts'
import * as nft from '../../../packages/netlink/src/nft/constants.ts'
import * as rtnl from '../../../packages/netlink/src/rtnl/constants.ts'
import * as sockdiag from '../../../packages/netlink/src/sockdiag/constants.ts'

/** An `as const` object of ours and how the headers call what is in it. */
export interface Row {
  readonly object: Readonly<Record<string, number | string>>
  /** The name in the header is this and our key. */
  readonly prefix: string
  /** Keys whose name in the header is another one, and which. */
  readonly except?: Readonly<Record<string, string>>
}

/**
 * Every constant we repeat. Linux 6.1's headers (Debian 12) know all of them; what they lack one day goes into a
 * list of its own here, with the release that brought it.
 */
export const CONSTANTS: readonly Row[] = [
  { object: netlink.Protocol, prefix: 'NETLINK_' },
  { object: netlink.Flag, prefix: 'NLM_F_' },
  { object: netlink.ControlType, prefix: 'NLMSG_' },
  { object: netlink.AttrFlag, prefix: 'NLA_F_', except: { TYPE_MASK: 'NLA_TYPE_MASK' } },
  { object: netlink.ErrAttr, prefix: 'NLMSGERR_ATTR_' },
  { object: netlink.SockOpt, prefix: 'NETLINK_' },
  { object: netlink.Sock, prefix: '' },
  {
    object: genl.Genl,
    prefix: 'GENL_',
    except: { HEADER_BYTES: 'GENL_HDRLEN', NAME_BYTES: 'GENL_NAMSIZ' },
  },
  { object: genl.CtrlCommand, prefix: 'CTRL_CMD_' },
  { object: genl.CtrlAttr, prefix: 'CTRL_ATTR_' },
  { object: rtnl.RtmType, prefix: 'RTM_' },
  { object: rtnl.IflaAttr, prefix: 'IFLA_' },
  { object: rtnl.IflaInfoAttr, prefix: 'IFLA_INFO_' },
  { object: rtnl.LinkFlag, prefix: 'IFF_' },
  { object: rtnl.LinkFilter, prefix: 'RTEXT_FILTER_' },
  { object: rtnl.IfaAttr, prefix: 'IFA_' },
  { object: rtnl.AddressFlag, prefix: 'IFA_F_' },
  { object: rtnl.RtAttr, prefix: 'RTA_' },
  { object: rtnl.RouteTable, prefix: 'RT_TABLE_' },
  { object: rtnl.RouteProtocol, prefix: 'RTPROT_' },
  { object: rtnl.RouteFlag, prefix: 'RTM_F_' },
  { object: rtnl.RouteGroup, prefix: 'RTNLGRP_' },
  { object: rtnl.RouteTypeNumber, prefix: 'RTN_' },
  { object: rtnl.RouteScopeNumber, prefix: 'RT_SCOPE_' },
  { object: { IFNAMSIZ: rtnl.IFNAMSIZ }, prefix: '' },
  { object: nft.Nfnl, prefix: 'NFNL_' },
  { object: nft.NftMsg, prefix: 'NFT_MSG_' },
  { object: nft.TableAttr, prefix: 'NFTA_TABLE_' },
  { object: nft.TableFlag, prefix: 'NFT_TABLE_F_' },
  { object: nft.ChainAttr, prefix: 'NFTA_CHAIN_' },
  { object: nft.HookAttr, prefix: 'NFTA_HOOK_' },
  { object: nft.HookNumber, prefix: 'NF_INET_' },
  { object: nft.Verdict, prefix: 'NF_' },
  { object: nft.RuleAttr, prefix: 'NFTA_RULE_' },
  { object: nft.ListAttr, prefix: 'NFTA_LIST_' },
  { object: nft.ExprAttr, prefix: 'NFTA_EXPR_' },
  { object: nft.DataAttr, prefix: 'NFTA_DATA_' },
  { object: nft.Register, prefix: 'NFT_REG_' },
  { object: nft.CmpAttr, prefix: 'NFTA_CMP_' },
  { object: nft.CmpOp, prefix: 'NFT_CMP_' },
  { object: nft.PayloadAttr, prefix: 'NFTA_PAYLOAD_' },
  { object: nft.PayloadBase, prefix: 'NFT_PAYLOAD_' },
  { object: nft.MetaAttr, prefix: 'NFTA_META_' },
  { object: nft.MetaKey, prefix: 'NFT_META_' },
  { object: nft.CtAttr, prefix: 'NFTA_CT_' },
  { object: nft.CtKey, prefix: 'NFT_CT_' },
  { object: nft.CtDirection, prefix: 'IP_CT_DIR_' },
  { object: nft.CounterAttr, prefix: 'NFTA_COUNTER_' },
  { object: nft.GenAttr, prefix: 'NFTA_GEN_' },
  { object: { NFT_NAME_MAXLEN: nft.NFT_NAME_MAXLEN }, prefix: '' },
  { object: sockdiag.SockDiagType, prefix: 'SOCK_' },
  { object: sockdiag.TcpStateNumber, prefix: 'BPF_TCP_' },
  { object: { INET_DIAG_NOCOOKIE: sockdiag.INET_DIAG_NOCOOKIE }, prefix: '' },
  { object: ipvs.IpvsGenl, prefix: 'IPVS_GENL_' },
  { object: ipvs.Command, prefix: 'IPVS_CMD_' },
  { object: ipvs.CmdAttr, prefix: 'IPVS_CMD_ATTR_' },
  { object: ipvs.SvcAttr, prefix: 'IPVS_SVC_ATTR_' },
  { object: ipvs.DestAttr, prefix: 'IPVS_DEST_ATTR_' },
  { object: ipvs.StatsAttr, prefix: 'IPVS_STATS_ATTR_' },
  { object: ipvs.InfoAttr, prefix: 'IPVS_INFO_ATTR_' },
  { object: ipvs.SvcFlag, prefix: 'IP_VS_SVC_F_' },
  { object: ipvs.ConnFlag, prefix: 'IP_VS_CONN_F_' },
  { object: ipvs.TunnelKind, prefix: 'IP_VS_CONN_F_TUNNEL_TYPE_' },
  { object: ipvs.TunnelFlag, prefix: 'IP_VS_TUNNEL_ENCAP_FLAG_' },
  { object: ipvs.NameLimit, prefix: 'IP_VS_' },
  { object: ipvs.IpProtocol, prefix: 'IPPROTO_' },
]

/** Sizes of ours, and the structure whose `sizeof` each is (or the member whose offset). */
export const SIZES: readonly Row[] = [
  {
    object: netlink.Size,
    prefix: '',
    except: {
      NLMSGHDR: 'struct nlmsghdr',
      NLATTR: 'struct nlattr',
      SOCKADDR_NL: 'struct sockaddr_nl',
      NLMSGERR_ERROR: 'struct nlmsgerr.msg',
      SOCKADDR_UN: 'struct sockaddr_un',
      SOCKADDR_UN_FAMILY: 'struct sockaddr_un.sun_path',
      UCRED: 'struct ucred',
    },
  },
  {
    object: rtnl.RtSize,
    prefix: '',
    except: { IFINFOMSG: 'struct ifinfomsg', IFADDRMSG: 'struct ifaddrmsg', RTMSG: 'struct rtmsg' },
  },
  { object: nft.NftSize, prefix: '', except: { NFGENMSG: 'struct nfgenmsg' } },
  {
    object: sockdiag.DiagSize,
    prefix: '',
    except: { REQUEST: 'struct inet_diag_req_v2', MESSAGE: 'struct inet_diag_msg' },
  },
]

/** Every exported object of the files above, so that none is left out of the tables. */
export const EXPORTED: readonly (readonly [name: string, value: unknown])[] = [
  netlink,
  genl,
  nft,
  rtnl,
  sockdiag,
  ipvs,
].flatMap((module) => Object.entries(module))

/** What a row says, under the headers' names. */
export function headerNames({ object, prefix, except = {} }: Row): (readonly [string, number | string])[] {
  return Object.entries(object).map(([key, value]) => [except[key] ?? `${prefix}${key}`, value] as const)
}
