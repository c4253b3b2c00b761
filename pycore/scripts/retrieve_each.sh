
# Whether the file $1 has the size of the list; `reason` tells what differs.
sized() {
  have=$(($(wc -c <"$1")))
  [ "$have" = "$size" ] || { reason="it has $have bytes instead of $size"; return 1; }
}

obtain() {
  target=$root/$path
  if [ -f "$target" ] && sized "$target"; then return 0; fi
  if [ -d "$target" ]; then reason="a folder of that name is in the way"; return 1; fi
  mkdir -p "${target%/*}" || { reason="its folder cannot be made"; return 1; }
  fetch || return 1
  mv -f "$target.part" "$target" || { reason="it could not be given its name"; return 1; }
}

# A line each: number, size in bytes, path, address, and what is told at `fetch`. Where the size is -, the file is not
# for this script, and the reason stands in the place of the address.
main() {
  trap - EXIT
  needed
  while IFS=$tab read -r number size path address more; do
    if [ "$size" = - ]; then
      echo "$number of $total FAILED: $path: $address" >&2
    elif reason=; obtain; then
      there=$((there + 1))
      echo "$number of $total: $path"
    else
      echo "$number of $total FAILED: $path: $reason" >&2
    fi
  done <<'END_OF_LIST'
@LIST@
END_OF_LIST
  echo "$there of $total files are in $root." && [ "$there" = "$total" ]
}

if :; then main; exit; fi
