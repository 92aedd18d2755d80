#!/usr/bin/env bash
# Suricata 7 from Debian's backports, unpacked beside the system and not installed: its libraries would replace or
# conflict with the system's (libhyperscan5 against libvectorscan5), and its service would start. Prints the path of a
# command that runs it. Used to compare with it: bench/run.sh, bench/offline.sh, the differential test of tests/Demilune.Verify.Tests.
#   eng/suricata.sh      needs Debian's archive; about 20 MB, kept in artifacts/suricata
set -euo pipefail
cd "$(dirname "$0")/.."
into=$PWD/artifacts/suricata
if [ ! -x "$into/suricata" ]; then
  command -v apt-get > /dev/null || { echo "suricata.sh: this needs Debian's apt-get" >&2; exit 1; }
  rm -rf "$into"
  mkdir -p "$into"/{lists/partial,cache/archives/partial,debs,root}
  printf 'Types: deb\nURIs: http://deb.debian.org/debian\nSuites: bookworm bookworm-backports\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' > "$into/debian.sources"
  options=(-qq -o "Dir::Etc::sourcelist=$into/debian.sources" -o Dir::Etc::sourceparts=/nonexistent -o "Dir::State::lists=$into/lists" -o "Dir::Cache=$into/cache")
  echo "suricata.sh: fetching Suricata from Debian's backports into artifacts/suricata" >&2
  apt-get "${options[@]}" update >&2
  # What it needs beyond what is here, as the installer would choose it.
  mapfile -t packages < <(apt-get "${options[@]}" --simulate --no-install-recommends --target-release bookworm-backports install suricata | awk '$1 == "Inst" { print $2 }')
  (cd "$into/debs" && apt-get "${options[@]}" --target-release bookworm-backports download "${packages[@]}" >&2)
  for deb in "$into"/debs/*.deb; do dpkg-deb --extract "$deb" "$into/root"; done
  rm -rf "$into"/{lists,cache,debs}
  cat > "$into/suricata" << END
#!/usr/bin/env bash
LD_LIBRARY_PATH=$into/root/usr/lib/x86_64-linux-gnu exec $into/root/usr/bin/suricata "\$@"
END
  chmod +x "$into/suricata"
fi
"$into/suricata" --build-info > /dev/null
echo "$into/suricata"
