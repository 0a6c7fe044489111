# Aspire's packages where the package source has them; else the stand-in, with DCP and the dashboard out of npm.
# To be sourced after lib.sh.
# shellcheck shell=bash disable=SC2154

readonly switch=$state/UseAspireStandIn.props
readonly bundle_source=$root/eng/aspire-bundle

aspire_version() {
    sed -n 's|.*<AspireVersion>\(.*\)</AspireVersion>.*|\1|p' "$root/Directory.Packages.props"
}

# What the answer of the package source depends on.
answer_key() {
    { cat "$root/Directory.Packages.props" "${BASH_SOURCE[0]}"; dotnet nuget list source; } | sha256sum | cut -d ' ' -f 1
}

# Restores the packages alone. 0: they are there; 1: the source answers that it has none such; otherwise it dies.
packages_are_there() {
    local probe version output
    version=$(aspire_version)
    probe=$(mktemp -d)
    cat >"$probe/probe.csproj" <<EOF
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup>
    <PackageDownload Include="Aspire.AppHost.Sdk" Version="[$version]" />
    <PackageDownload Include="Aspire.Hosting.AppHost" Version="[$version]" />
    <PackageDownload Include="Aspire.Hosting.PostgreSQL" Version="[$version]" />
    <PackageDownload Include="Aspire.Hosting.Python" Version="[$version]" />
    <PackageDownload Include="Aspire.Hosting.Testing" Version="[$version]" />
  </ItemGroup>
</Project>
EOF
    if output=$(dotnet restore "$probe/probe.csproj" --nologo 2>&1); then
        rm -rf "$probe"
        return 0
    fi
    rm -rf "$probe"
    if grep --quiet --extended-regexp 'NU110[123]' <<<"$output" && ! grep --quiet 'NU1301' <<<"$output"; then
        return 1
    fi
    printf '%s\n' "$output" >&2
    die 'the package source could not be asked whether it has Aspire (above are its words). This says nothing about the packages: mend the network and run this again'
}

bundle_works() {
    [[ -x $1/dcp/dcp && -x $1/managed/aspire-managed ]] && "$1/dcp/dcp" version >/dev/null 2>&1
}

need_node() {
    command -v npm >/dev/null && return
    may_install 'Node.js with npm (for the stand-in of Aspire)' || return 1
    step 'installing Node.js'
    apt_install nodejs npm
}

# Unpacks DCP and the dashboard beside their key: the lock file, by whose checksums npm verified what it fetched.
need_bundle() {
    local folder bundle
    folder=$state/aspire-$(sha256sum <"$bundle_source/package-lock.json" | cut -c 1-12)
    bundle=$folder/node_modules/@microsoft/aspire-cli-linux-x64/bundle
    if ! bundle_works "$bundle"; then
        need_node || return 0
        step "fetching DCP and the dashboard (Aspire $(aspire_version), 130 MB)"
        rm -rf "$folder" && mkdir -p "$folder"
        cp "$bundle_source"/{package.json,package-lock.json,.npmrc} "$folder"
        quietly npm ci --prefix "$folder" || die 'DCP and the dashboard could not be fetched; above are the words of npm'
        ASPIRE_CLI_TELEMETRY_OPTOUT=true quietly "$folder/node_modules/@microsoft/aspire-cli-linux-x64/bin/aspire" setup ||
            die 'DCP and the dashboard could not be unpacked; is the disk full?'
        bundle_works "$bundle" || die "DCP does not run: $("$bundle/dcp/dcp" version 2>&1 | tail -n 1). Remove $folder and run this again"
    fi
    write_switch "$bundle"
}

write_switch() {
    cat >"$switch.new" <<EOF
<!-- Written by the set-up: the package source of this machine has no Aspire packages. -->
<Project>
  <PropertyGroup>
    <UseAspireStandIn>true</UseAspireStandIn>
    <AspireBundlePath>$1</AspireBundlePath>
  </PropertyGroup>
</Project>
EOF
    # Only a change is written, or all would be built anew.
    if cmp --silent "$switch.new" "$switch"; then
        rm "$switch.new"
    else
        mv "$switch.new" "$switch"
    fi
}

need_aspire() {
    local answer=${BONEYARD_ASPIRE-} asked=$state/aspire-answer key
    case $answer in
        packages | standin) ;;
        '')
            key=$(answer_key)
            if [[ -e $asked && $(<"$asked") == "$key "* ]]; then
                answer=$(cut -d ' ' -f 2 "$asked")
            else
                step "asking the package source for Aspire $(aspire_version)"
                if packages_are_there; then answer=packages; else answer=standin; fi
                printf '%s %s\n' "$key" "$answer" >"$asked"
                [[ $answer == packages ]] || step 'it has none: the stand-in takes its place (BoneYard.AspireStandIn/README.md)'
            fi
            ;;
        *) die "BONEYARD_ASPIRE is '$answer'; it has to be packages or standin" ;;
    esac
    if [[ $answer == packages ]]; then
        rm -f "$switch"
    else
        [[ $(uname -m) == x86_64 ]] || die "the stand-in's DCP is for x86-64, this machine is $(uname -m): use a package source that has Aspire"
        need_bundle
    fi
}
