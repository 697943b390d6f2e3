import { BLOCK_BEGIN, BLOCK_END, type HostsLine } from '../hosts/block.ts'
import { HOSTS_FILE } from './paths.ts'

/**
 * Does what `hostsText` does, for a node that has nothing but a shell: $1 is the file, the other arguments the lines.
 *
 * It counts lines and never looks into them, so that every byte of the others stays. Where there is more than one
 * marker of a kind it gives up: that takes more than a shell. In a container the file may be a mount, which cannot be renamed over.
 */
const SCRIPT = `set -eu
export LC_ALL=C
file=$(readlink -f "$1")
shift
[ -e "$file" ] || (umask 022 && : >"$file")
begin=$(grep -an '^# BEGIN lvscare-installer\\(:.*\\)\\{0,1\\}[[:space:]]*$' "$file" | cut -d: -f1)
end=$(grep -an '^# END lvscare-installer[[:space:]]*$' "$file" | cut -d: -f1)
case "$begin,$end" in
,) ahead=0 behind=1 ;;
*[!0-9,]* | ,* | *,) ahead=1 behind=0 ;;
*) ahead=$begin behind=$end ;;
esac
if [ "$ahead" -ge "$behind" ]; then
  echo "$file: a block of lvscare-installer is damaged, or there are several: take its lines out" >&2
  exit 1
fi
if [ -n "$begin" ]; then
  ahead=$((begin - 1)) behind=$((end + 1))
fi
temporary=$(mktemp "\${file%/*}/.hosts.XXXXXX")
trap 'rm -f "$temporary"' EXIT
cp -p "$file" "$temporary"
{
  [ "$ahead" -eq 0 ] || head -n "$ahead" "$file"
  [ $# -eq 0 ] || printf '%s\\n' '${BLOCK_BEGIN}' "$@" '${BLOCK_END}'
  tail -n "+$behind" "$file"
} >"$temporary"
if cmp -s "$file" "$temporary"; then exit 0; fi
mv -f "$temporary" "$file" 2>/dev/null || cat "$temporary" >"$file"
if command -v restorecon >/dev/null; then restorecon "$file"; fi`

/** The command that puts our block with these lines into /etc/hosts, or takes it out; it can be repeated. */
export function hostsCommand(lines: readonly HostsLine[], file: string = HOSTS_FILE): string[] {
  return ['sh', '-c', SCRIPT, 'hosts', file, ...lines.map(({ address, name }) => `${address} ${name}`)]
}
