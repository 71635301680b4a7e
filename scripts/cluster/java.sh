# Java programs start faster with an archive of their loaded classes; it is made once by prepare.sh, for the Java that is installed.
# shellcheck shell=bash

# class_archive NAME: its path; another Java or another version gives another name.
class_archive() {
  local java
  java=$(readlink -f "$(command -v java)")
  printf '%s/%s-%s.jsa' "$BANK_DOWNLOADS" "$1" "$(stat -c '%n %s %Y' "$java" | cksum | cut -d' ' -f1)"
}

# class_archive_option NAME: uses the archive, or makes it when BANK_MAKE_CLASS_ARCHIVE is set (written when the program ends).
class_archive_option() {
  local archive
  archive=$(class_archive "$1")
  if [[ -n ${BANK_MAKE_CLASS_ARCHIVE:-} ]]; then printf -- '-XX:ArchiveClassesAtExit=%s.new' "$archive"
  elif [[ -s $archive ]]; then printf -- '-XX:SharedArchiveFile=%s' "$archive"
  else printf -- '-Xshare:auto'; fi
}
