# Sourced by ./run and ./test from the top of the tree: builds all into artifacts/bin, each process in its own folder.
demilune_build() {
  local log=artifacts/build.log
  mkdir -p artifacts
  dotnet build Demilune.slnx -c Release -v q --nologo > "$log" 2>&1 || { grep -E 'error|warning' "$log" | sort -u | head -n 40 >&2; echo "The build failed; all of it: $log" >&2; return 1; }
  local project
  for project in src/inspection/Demilune.Firewall src/network/Demilune.Node src/control/Demilune.Controller src/local/Demilune.Local src/local/Demilune.Cli; do
    dotnet publish "$project" -c Release --no-build -v q --nologo -o "artifacts/bin/$(basename "$project")" >> "$log" 2>&1 || { tail -n 20 "$log" >&2; return 1; }
  done
  # Ahead of time: a runtime starts the plugin for each pod, and 6 ms are not 140.
  if [ ! -x artifacts/bin/Demilune.Cni/demilune-cni ] || [ -n "$(find src/network/Demilune.Cni -newer artifacts/bin/Demilune.Cni/demilune-cni -name '*.cs')" ]; then
    dotnet publish src/network/Demilune.Cni -c Release -r linux-x64 -v q --nologo -o artifacts/bin/Demilune.Cni >> "$log" 2>&1 || {
      # A publish killed half-way leaves an obj/ that the native linker cannot use.
      rm -rf src/network/Demilune.Cni/obj/Release/net10.0/linux-x64
      dotnet publish src/network/Demilune.Cni -c Release -r linux-x64 -v q --nologo -o artifacts/bin/Demilune.Cni >> "$log" 2>&1 || { tail -n 20 "$log" >&2; return 1; }
    }
  fi
}
demilune_build
