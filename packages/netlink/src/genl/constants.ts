/** Numbers of the generic netlink controller: linux/genetlink.h. */
export const Genl = {
  /** `GENL_ID_CTRL`: the only family with a fixed id. */
  ID_CTRL: 16,
  /** `GENL_HDRLEN`: size in bytes of `struct genlmsghdr`. */
  HEADER_BYTES: 4,
  /** `GENL_NAMSIZ`: longest family name in bytes, with its NUL. */
  NAME_BYTES: 16,
} as const

/** Commands of the controller: `CTRL_CMD_*` in linux/genetlink.h. */
export const CtrlCommand = {
  NEWFAMILY: 1,
  GETFAMILY: 3,
} as const

/** Attributes of the controller: `CTRL_ATTR_*` in linux/genetlink.h. */
export const CtrlAttr = {
  FAMILY_ID: 1,
  FAMILY_NAME: 2,
  VERSION: 3,
  HDRSIZE: 4,
  MAXATTR: 5,
} as const
