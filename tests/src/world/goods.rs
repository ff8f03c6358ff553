//! What the world's servers have: one small thing for each client, made by the tools of its trade.

use std::path::Path;

use anyhow::ensure;
use tokio::process::Command;

/// Takes the folder for half-made things and the folder of the hosts' files.
const MAKE: &str = r#"
set -eu
work=$1 www=$2
mkdir -p "$work" "$www"/git.example "$www"/pypi.example/simple/lia-thing "$www"/pypi.example/files
mkdir -p "$www"/npm.example/files "$www"/cargo.example/index/li/a- "$www"/cargo.example/files
cd "$work"

export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null
git init -q -b main thing
echo 'a thing' > thing/README
git -C thing add README
git -C thing -c user.name=Lia -c user.email=lia@lia.example commit -q -m 'A thing'
git clone -q --bare thing "$www"/git.example/thing.git
git -C "$www"/git.example/thing.git update-server-info

/usr/bin/python3 - "$www"/pypi.example <<'WHEEL'
import sys, zipfile
name = "lia_thing-1.0-py3-none-any.whl"
with zipfile.ZipFile(f"{sys.argv[1]}/files/{name}", "w") as z:
    info = "lia_thing-1.0.dist-info"
    z.writestr("lia_thing.py", "thing = 1\n")
    z.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: lia-thing\nVersion: 1.0\n")
    z.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: lia\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    z.writestr(f"{info}/RECORD", f"lia_thing.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
with open(f"{sys.argv[1]}/simple/lia-thing/index.html", "w") as page:
    page.write(f'<!DOCTYPE html><html><body><a href="/files/{name}">{name}</a></body></html>\n')
WHEEL

mkdir package
echo '{"name": "lia-thing", "version": "1.0.0", "main": "index.js"}' > package/package.json
echo 'module.exports = 1' > package/index.js
tar -czf "$www"/npm.example/files/lia-thing-1.0.0.tgz package
cat > "$www"/npm.example/lia-thing <<'PACKUMENT'
{"name": "lia-thing", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": {"name": "lia-thing", "version": "1.0.0",
"dist": {"tarball": "https://npm.example/files/lia-thing-1.0.0.tgz"}}}}
PACKUMENT

mkdir -p lia-thing-1.0.0/src
printf '[package]\nname = "lia-thing"\nversion = "1.0.0"\nedition = "2021"\n' > lia-thing-1.0.0/Cargo.toml
echo 'pub const THING: u8 = 1;' > lia-thing-1.0.0/src/lib.rs
tar -czf "$www"/cargo.example/files/lia-thing-1.0.0.crate lia-thing-1.0.0
sum=$(sha256sum < "$www"/cargo.example/files/lia-thing-1.0.0.crate)
echo '{"dl": "https://cargo.example/files/{crate}-{version}.crate"}' > "$www"/cargo.example/index/config.json
printf '{"name":"lia-thing","vers":"1.0.0","deps":[],"cksum":"%s","features":{},"yanked":false}\n' "${sum%% *}" \
  > "$www"/cargo.example/index/li/a-/lia-thing
chmod -R a+rX "$www"
"#;

/// Makes everything.
pub(super) async fn make(dir: &Path, www: &Path) -> anyhow::Result<()> {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", MAKE, "make"]).arg(dir.join("goods")).arg(www).env("HOME", dir);
    let out = command.output().await?;
    ensure!(out.status.success(), "the world's goods: {}", String::from_utf8_lossy(&out.stderr));
    Ok(())
}
