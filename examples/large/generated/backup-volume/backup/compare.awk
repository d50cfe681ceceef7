# Whether two lists of a volume are of the same files. Arguments: what=saved LIST what=saved_sum SUMS what=found LIST
# what=found_sum SUMS, as walk and sums of store.sh write them; listed is when the first was begun, in seconds.
# Says what differs and ends with 1; else `files N`, `bytes N` (compared) and `changed N` (written in between).
what ~ /sum$/ {
  path = substr($0, 67)
  if (what == "saved_sum") saved_sum[path] = $1; else found_sum[path] = $1
  next
}
{
  match($0, /^[^ ]* [^ ]* [^ ]* [^ ]* [^ ]* /)
  path = substr($0, RLENGTH + 1)
  if (what == "saved") saved[path] = $0; else found[path] = $0
}

function parent(path) {
  sub(/\/[^\/]*$/, "", path)
  return path
}

# Whether names in a folder may have come or gone between the list and the backup. Times are whole seconds, and what is
# written through a mapping of memory gets its time a little later: two minutes are left for that.
function moved(folder, a, b) {
  if (!(folder in saved) || !(folder in found)) return 1
  split(saved[folder], a, " ")
  split(found[folder], b, " ")
  return a[3] != b[3] || a[3] >= listed - 120
}

function wrong(text) {
  print text
  bad = 1
}

END {
  for (path in saved) {
    split(saved[path], a, " ")
    file = (a[1] ~ /^8/)
    if (!(path in found)) {
      if (path == "." || !moved(parent(path))) wrong(path " is missing")
      else if (file) changed++
      continue
    }
    split(found[path], b, " ")
    link = (a[1] ~ /^a/)
    same = (substr(a[1], 1, 1) == substr(b[1], 1, 1)) && (a[3] == b[3] || link) && (a[2] == b[2] || !(file || link))
    if (!same) {
      changed += file
      continue
    }
    if ((a[1] != b[1] && !link) || a[4] != b[4] || a[5] != b[5]) wrong(path " has another owner or mode")
    if (!file) continue
    if (saved_sum[path] == found_sum[path] && found_sum[path] != "") {
      files++
      bytes += a[2]
    } else if (a[3] >= listed - 120) changed++
    else wrong(path " differs")
  }
  for (path in found) {
    if (!(path in saved)) {
      if (!moved(parent(path))) wrong(path " was not there")
      else changed += (found[path] ~ /^8/)
    }
  }
  if (bad) exit 1
  printf "files %d\nbytes %.0f\nchanged %d\n", files, bytes, changed
}
