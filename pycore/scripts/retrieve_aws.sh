#!/bin/sh
@HEADING@
#
#   sh @ROOT@_aws.sh      fetch what is missing, into the folder you are in
#
# It needs a POSIX shell and the AWS command line, and no account. One file comes after the other, a large one in parts
# side by side; for many small files s5cmd is the faster tool. Run it again after an interruption or a failure: what has
# the right size is skipped. Checksums are not compared. It exits with 0 only when every file is there with the size of
# the list. Files that are not in the public bucket are not for it: the list tells which those are.
#
# The list of files stands at the end and is only ever read as text.

set -u
LC_ALL=C
export LC_ALL
root=@ROOT@
total=@FILES@
there=0
tab=$(printf '\t')

command -v aws >/dev/null || { echo "This script needs the AWS command line (aws)." >&2; exit 2; }

# Whether the file $1 has the size of the list; `reason` tells what differs.
right() {
  have=$(($(wc -c <"$1")))
  [ "$have" = "$size" ] || { reason="it has $have bytes instead of $size"; return 1; }
}

fetch() {
  target=$root/$path
  if [ -f "$target" ] && right "$target"; then return 0; fi
  mkdir -p "${target%/*}" || { reason="its folder cannot be made"; return 1; }
  if [ -d "$target" ]; then reason="a folder of that name is in the way"; return 1; fi
  aws s3 cp --no-sign-request --only-show-errors --region "$region" "$address" "$target.part" </dev/null
  status=$?
  if [ "$status" != 0 ]; then reason="aws ended with status $status"; return 1; fi
  if ! right "$target.part"; then rm -f "$target.part"; return 1; fi
  mv -f "$target.part" "$target"
}

# A line each: number, size in bytes, region, path, address; a size of - tells that the reason why a file is not for
# this script stands in the place of its address.
while IFS=$tab read -r number size region path address; do
  if [ "$size" = - ]; then
    echo "$number of $total FAILED: $path: $address" >&2
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
