#!/bin/sh
# A script that has lost its end must not end as if all were well.
if :; then trap 'echo "This script is not whole: its end is missing." >&2; exit 2' EXIT; fi
#
@HEADING@
#
#   sh @ROOT@_wget.sh      fetch what is missing, into the folder you are in
#
# It needs a POSIX shell and wget 1.17 or newer. Run it again after an interruption or a failure: what is complete is
# skipped, and what was cut off goes on where it stopped. It exits with 0 only when every file is there with the size
# (and checksum, where sha256sum or md5sum is there) of the list. A file of which a part is here and that changed in the
# archive since is only noticed by its checksum, and two runs at once disturb each other. Files that need a token are not
# for it: the list tells which those are.
#
# The list of files stands at the end and is only ever read as text.

set -u
LC_ALL=C
export LC_ALL
root=@ROOT@
total=@FILES@
there=0
tab=$(printf '\t')

needed() {
  command -v wget >/dev/null || { echo "This script needs wget." >&2; exit 2; }
}

# The first word of a program's answer about a file.
digest() {
  answer=$("$1" <"$2") || answer=
  digest=${answer%% *}
}

# Whether the file $1 has the size, and the checksum if it can be computed, of the list; `reason` tells what differs.
right() {
  sized "$1" || return 1
  sha256=${more%"$tab"*}
  md5=${more#*"$tab"}
  if [ "$sha256" != - ] && command -v sha256sum >/dev/null; then
    digest sha256sum "$1"
    [ "$digest" = "$sha256" ] || { reason="its SHA-256 differs from the list's"; return 1; }
  elif [ "$md5" != - ] && command -v md5sum >/dev/null; then
    digest md5sum "$1"
    [ "$digest" = "$md5" ] || { reason="its MD5 differs from the list's"; return 1; }
  fi
}

# Brings a file to $target.part; $more is its SHA-256 or -, and its MD5 or -.
fetch() {
  # A part that is larger than the file, or as large and wrong, is no beginning of it.
  if [ -f "$target.part" ] && [ "$(($(wc -c <"$target.part")))" -ge "$size" ]; then
    if right "$target.part"; then return 0; fi
    rm -f "$target.part"
  fi
  wget --no-config --continue --no-verbose --tries=5 --waitretry=30 --timeout=60 --max-redirect=10 \
    --user-agent=@AGENT@ --output-document="$target.part" "$address" </dev/null
  status=$?
  if [ "$status" != 0 ]; then
    reason="wget ended with status $status"
    [ -s "$target.part" ] || rm -f "$target.part"
    return 1
  fi
  right "$target.part" || { rm -f "$target.part"; return 1; }
}
