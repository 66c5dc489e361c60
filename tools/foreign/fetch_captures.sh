#!/usr/bin/env bash
# Fetches the captures on which tcpdump tests its own dissectors, many of them malformed by design, from the source of Debian's package into
# .wallsocket/tcpdump-captures. apt gets lists and a cache of its own for this, made from the machine's: nothing of the machine's is changed.
set -eu
cd "$(dirname "$0")/../.."
target=.wallsocket/tcpdump-captures
[ -d "$target" ] && exit 0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work/sources" "$work/lists/partial" "$work/unpacked" .wallsocket
sed -n 's/^deb /deb-src /p' /etc/apt/sources.list /etc/apt/sources.list.d/*.list >"$work/sources/all.list" 2>/dev/null || true
for file in /etc/apt/sources.list.d/*.sources; do
  [ -e "$file" ] && sed 's/^Types:.*/Types: deb-src/' "$file" >"$work/sources/$(basename "$file")"
done
cat >"$work/apt.conf" <<END
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "$work/sources";
Dir::State::lists "$work/lists";
Dir::Cache "$work";
APT::Sandbox::User "";
END
cd "$work"
APT_CONFIG=$work/apt.conf timeout 120 apt-get -qq update
APT_CONFIG=$work/apt.conf timeout 60 apt-get -qq source --download-only tcpdump
rm -f tcpdump_*.asc
tar --extract --file tcpdump_*.orig.tar.* --directory unpacked --strip-components=2 --wildcards '*/tests/*.pcap' '*/tests/*.pcapng'
cd - >/dev/null
mv "$work/unpacked" "$target"
