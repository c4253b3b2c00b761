#!/bin/sh
@HEADING@
#
#   sh @ROOT@_wget.sh      fetch what is missing, into the folder you are in
#
# It needs a POSIX shell and wget 1.17 or newer. Run it again after an interruption or a failure: what is complete is
# skipped, and what was cut off goes on where it stopped. It exits with 0 only when every file is there with the size
# (and checksum, where sha256sum or md5sum is there) of the list. Files that need a token are not for it: the list tells
# which those are.
#
# The list of files stands at the end and is only ever read as text.

set -u
LC_ALL=C
export LC_ALL
root=@ROOT@
total=@FILES@
there=0
tab=$(printf '\t')

command -v wget >/dev/null || { echo "This script needs wget." >&2; exit 2; }

# The first word of a program's answer about a file.
digest() {
  answer=$("$1" <"$2") || answer=
  digest=${answer%% *}
}

# Whether the file $1 has the size, and the checksum if it can be computed, of the list; `reason` tells what differs.
right() {
  reason=
  have=$(($(wc -c <"$1")))
  if [ "$have" != "$size" ]; then reason="it has $have bytes instead of $size"; return 1; fi
  if [ "$sha256" != - ] && command -v sha256sum >/dev/null; then
    digest sha256sum "$1"
    [ "$digest" = "$sha256" ] || { reason="its SHA-256 differs from the list's"; return 1; }
  elif [ "$md5" != - ] && command -v md5sum >/dev/null; then
    digest md5sum "$1"
    [ "$digest" = "$md5" ] || { reason="its MD5 differs from the list's"; return 1; }
  fi
}

fetch() {
  target=$root/$path
  if [ -f "$target" ] && [ "$(($(wc -c <"$target")))" = "$size" ]; then return 0; fi
  mkdir -p "${target%/*}" || { reason="its folder cannot be made"; return 1; }
  # A part that is larger than the file, or as large and wrong, is no beginning of it.
  if [ -f "$target.part" ] && [ "$(($(wc -c <"$target.part")))" -ge "$size" ]; then
    if right "$target.part"; then mv -f "$target.part" "$target"; return; fi
    rm -f "$target.part"
  fi
  wget --no-config --continue --no-verbose --tries=5 --waitretry=30 --timeout=60 --max-redirect=10 \
    --user-agent=@AGENT@ --output-document="$target.part" "$url" </dev/null
  status=$?
  if [ "$status" != 0 ]; then
    reason="wget ended with status $status"
    [ -s "$target.part" ] || rm -f "$target.part"
    return 1
  fi
  if ! right "$target.part"; then rm -f "$target.part"; return 1; fi
  mv -f "$target.part" "$target"
}

# A line each: number, size in bytes, SHA-256 or -, MD5 or -, path, address; a size of - stands before the reason why a
# file is not for this script.
while IFS=$tab read -r number size sha256 md5 path url; do
  if [ "$size" = - ]; then
    echo "$number of $total FAILED: $path: $url" >&2
  elif reason=; fetch; then
    there=$((there + 1))
    echo "$number of $total: $path"
  else
    echo "$number of $total FAILED: $path: $reason" >&2
  fi
done <<'END_OF_LIST'
@LIST@
END_OF_LIST

echo "$there of $total files are in $root."
[ "$there" = "$total" ]
