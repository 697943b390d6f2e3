# shellcheck shell=bash
# To be sourced by programs that are told by variables what to do: whoever gives them arguments expects something else.
if (($# > 0)); then
  printf '%s: %s: takes no arguments; its first lines say which variables it reads\n' "${0##*/}" "$1" >&2
  exit 2
fi
