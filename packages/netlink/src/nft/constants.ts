/** Numbers of the netfilter subsystems' common framing: `NFNL_*` in linux/netfilter/nfnetlink.h. */
export const Nfnl = {
  /** Upper byte of the type of every message of nf_tables. */
  SUBSYS_NFTABLES: 10,
  /** What stands between these two messages happens as a whole or not at all. */
  MSG_BATCH_BEGIN: 16,
  MSG_BATCH_END: 17,
  /** Attribute of BATCH_BEGIN: the generation that the batch was made for. */
  BATCH_GENID: 1,
} as const

/** Message types of nf_tables: `NFT_MSG_*` in linux/netfilter/nf_tables.h, as everything below. */
export const NftMsg = {
  NEWTABLE: 0,
  GETTABLE: 1,
  DELTABLE: 2,
  NEWCHAIN: 3,
  GETCHAIN: 4,
  NEWRULE: 6,
  GETRULE: 7,
  NEWGEN: 15,
  GETGEN: 16,
} as const

/** Attributes of a table: `NFTA_TABLE_*`. */
export const TableAttr = {
  NAME: 1,
  FLAGS: 2,
  /** How many chains, sets and other objects are in it. */
  USE: 3,
} as const

/** Flags of a table: `NFT_TABLE_F_*`. */
export const TableFlag = {
  /** Its rules are not looked at. */
  DORMANT: 1,
} as const

/** Attributes of a chain: `NFTA_CHAIN_*`. */
export const ChainAttr = {
  TABLE: 1,
  NAME: 3,
  HOOK: 4,
  POLICY: 5,
  TYPE: 7,
} as const

/** Attributes of a chain's hook: `NFTA_HOOK_*`. */
export const HookAttr = {
  HOOKNUM: 1,
  PRIORITY: 2,
} as const

/** Where in a packet's way a chain is called: `NF_INET_*` in linux/netfilter.h. */
export const HookNumber = {
  PRE_ROUTING: 0,
  LOCAL_IN: 1,
  FORWARD: 2,
  LOCAL_OUT: 3,
  POST_ROUTING: 4,
} as const

/** What becomes of a packet that no rule decides about: `NF_*` in linux/netfilter.h. */
export const Verdict = {
  DROP: 0,
  ACCEPT: 1,
} as const

/** Attributes of a rule: `NFTA_RULE_*`. */
export const RuleAttr = {
  TABLE: 1,
  CHAIN: 2,
  EXPRESSIONS: 4,
} as const

/** One element of a list: `NFTA_LIST_*`. */
export const ListAttr = {
  ELEM: 1,
} as const

/** Attributes of an expression: `NFTA_EXPR_*`. */
export const ExprAttr = {
  NAME: 1,
  DATA: 2,
} as const

/** What a constant is: `NFTA_DATA_*`. */
export const DataAttr = {
  VALUE: 1,
} as const

/** Where an expression leaves what it has read: `NFT_REG_*`. */
export const Register = {
  /** The first of 16 bytes, room for any address; nobody needs another one here. */
  1: 1,
} as const

/** Attributes of `cmp`: `NFTA_CMP_*`. */
export const CmpAttr = {
  SREG: 1,
  OP: 2,
  DATA: 3,
} as const

/** How `cmp` compares: `NFT_CMP_*`. */
export const CmpOp = {
  EQ: 0,
  NEQ: 1,
} as const

/** Attributes of `payload`: `NFTA_PAYLOAD_*`. */
export const PayloadAttr = {
  DREG: 1,
  BASE: 2,
  OFFSET: 3,
  LEN: 4,
} as const

/** Which header `payload` reads: `NFT_PAYLOAD_*`. */
export const PayloadBase = {
  NETWORK_HEADER: 1,
} as const

/** Attributes of `meta`: `NFTA_META_*`. */
export const MetaAttr = {
  DREG: 1,
  KEY: 2,
} as const

/** What `meta` reads: `NFT_META_*`. */
export const MetaKey = {
  L4PROTO: 16,
} as const

/** Attributes of `ct`: `NFTA_CT_*`. */
export const CtAttr = {
  DREG: 1,
  KEY: 2,
  DIRECTION: 3,
} as const

/** What `ct` reads of a connection: `NFT_CT_*`. */
export const CtKey = {
  PROTO_DST: 12,
  DST_IP: 20,
  DST_IP6: 22,
} as const

/** Which way of a connection: `IP_CT_DIR_*` in linux/netfilter/nf_conntrack_tuple_common.h. */
export const CtDirection = {
  ORIGINAL: 0,
} as const

/** Attributes of `counter`: `NFTA_COUNTER_*`. */
export const CounterAttr = {
  BYTES: 1,
  PACKETS: 2,
} as const

/** Attributes of a generation: `NFTA_GEN_*`. */
export const GenAttr = {
  ID: 1,
} as const

/** `NFT_NAME_MAXLEN`: longest name in bytes, with its NUL. */
export const NFT_NAME_MAXLEN = 256

/** Sizes in bytes of the fixed structures. */
export const NftSize = {
  NFGENMSG: 4,
} as const
