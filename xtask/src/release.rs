//! `contract-release` keeps today's contract as a release; `contract-diff` compares with the last one.
//!
//! A version that is not out yet is a draft, and says so in its file: it may be written anew. `contract-release final` takes
//! the mark away; from then on nothing writes that version again.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write as _},
    path::Path,
};

use anyhow::{Context as _, bail};
use lia_contract::{rest::asyncapi, schema};
use lia_protocol::rest::Body;
use lia_server::api::routes;
use serde_json::{Value, json};

use crate::diff::{self, Change, Sent};

/// What people keep beside the generated files of the contract.
pub const KEPT: [&str; 2] = [RELEASED, CHANGES];

const RELEASED: &str = "contract/released";
const CHANGES: &str = "contract/CHANGES.md";
/// The mark of a draft.
const DRAFT: &str = "x-lia-draft";

/// The bundle and the routes that are served.
fn today() -> Value {
    let mut bundle = schema::bundle();
    bundle["x-lia-routes"] = diff::routes::table(&routes::describe());
    bundle
}

/// Which types clients send and which the server, by the routes and the sockets.
fn sent(bundle: &Value) -> BTreeMap<String, Sent> {
    let mut roots = Vec::new();
    let named = |body: &Body| match body {
        Body::Json(name) | Body::List(name) => Some((*name).to_owned()),
        Body::Document | Body::Bytes(_) | Body::Events => None,
    };
    for route in routes::describe() {
        let doc = route.doc;
        roots.extend(doc.query.map(|q| (q.to_owned(), true)));
        roots.extend(doc.request.as_ref().and_then(named).map(|n| (n, true)));
        roots.extend(doc.answers.iter().flat_map(|a| &a.bodies).filter_map(named).map(|n| (n, false)));
        roots.push((doc.error_type.to_owned(), false));
    }
    for socket in asyncapi::sockets() {
        roots.extend(socket.from_client.iter().map(|m| (m.payload.to_owned(), true)));
        roots.extend(socket.from_server.iter().map(|m| (m.payload.to_owned(), false)));
    }
    diff::closure(bundle, roots)
}

/// `major.minor.patch`
type Version = [u64; 3];

fn version(text: &str) -> Option<Version> {
    let mut parts = text.split('.').map(|p| p.parse().ok());
    let all = [parts.next()??, parts.next()??, parts.next()??];
    parts.next().is_none().then_some(all)
}

/// Whether a version may break what another promised: a new major, or before 1.0 a new minor.
fn may_break(old: Version, new: Version) -> bool {
    new[0] > old[0] || (old[0] == 0 && new[0] == 0 && new[1] > old[1])
}

/// The newest release, and its version: of those that are out, or of the drafts as long as none is.
fn last(root: &Path) -> anyhow::Result<Option<(Version, Value)>> {
    let mut newest: Option<(bool, Version, Value)> = None;
    for file in fs::read_dir(root.join(RELEASED)).context(RELEASED)? {
        let path = file?.path();
        let name = path.file_stem().and_then(|n| n.to_str()).unwrap_or_default();
        let Some(version) = version(name) else { bail!("{} is not named <version>.json", path.display()) };
        let release = read(&path)?;
        let out = !is_draft(&release);
        if newest.as_ref().is_none_or(|(o, v, _)| (*o, *v) < (out, version)) {
            newest = Some((out, version, release));
        }
    }
    Ok(newest.map(|(_, version, release)| (version, release)))
}

fn read(path: &Path) -> anyhow::Result<Value> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

fn is_draft(release: &Value) -> bool {
    release[DRAFT] == true
}

/// Writes `contract/released/<version>.json`, as a draft unless it is final.
///
/// # Errors
/// When this version is out.
pub fn release(root: &Path, last: bool) -> anyhow::Result<()> {
    let name = format!("{RELEASED}/{}.json", schema::VERSION);
    let path = root.join(&name);
    if path.exists() && !is_draft(&read(&path)?) {
        bail!("{name} is out and stays as it is: raise the version in Cargo.toml first");
    }
    let mut release = today();
    if !last {
        release[DRAFT] = json!(true);
    }
    fs::create_dir_all(root.join(RELEASED)).context(RELEASED)?;
    fs::write(&path, format!("{release}\n")).with_context(|| format!("{name} cannot be written"))?;
    writeln!(io::stdout(), "wrote {name}{}", if last { "" } else { " (a draft)" })?;
    Ok(())
}

/// The changes that are listed as meant: `- \`Type.field\`` under the heading of this version.
fn listed<'a>(changes: &'a str, version: &str) -> Vec<&'a str> {
    let mut here = false;
    let mut out = Vec::new();
    for line in changes.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            here = heading.split_whitespace().next() == Some(version);
        } else if here {
            out.extend(line.strip_prefix("- `").and_then(|rest| rest.split('`').next()));
        }
    }
    out
}

/// Says what changed since the last release; whether that is allowed.
pub fn check(root: &Path, out: &mut impl io::Write) -> anyhow::Result<bool> {
    let now = today();
    let Some((then, old)) = last(root)? else {
        bail!("{RELEASED} holds no release: run `cargo run -p xtask -- contract-release`")
    };
    let this = version(schema::VERSION).context("the contract's version")?;
    let found = diff::diff(&old, &now, &sent(&now));
    let text = fs::read_to_string(root.join(CHANGES)).context(CHANGES)?;
    let listed = listed(&text, schema::VERSION);
    let mut good = true;
    for Change { at, what, breaking } in &found {
        let word = match (breaking, listed.contains(&at.as_str()), may_break(then, this)) {
            (false, _, _) => "fits old clients",
            (true, true, _) => "breaks old clients (listed)",
            (true, false, true) => "breaks old clients (a new version)",
            (true, false, false) => {
                good = false;
                "BREAKS OLD CLIENTS"
            }
        };
        writeln!(out, "{word}: {at}: {what}")?;
    }
    if !good {
        let [a, b, c] = then;
        writeln!(
            out,
            "Since {a}.{b}.{c} the contract changed in ways that old clients do not understand. Keep what they know, raise the version, \
             or list each as \"- `Type.field`: why\" in {CHANGES} under \"## {}\".",
            schema::VERSION
        )?;
    }
    Ok(good)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions() {
        assert!(
            may_break([0, 1, 9], [0, 2, 0])
                && may_break([1, 2, 3], [2, 0, 0])
                && may_break([0, 9, 0], [1, 0, 0])
        );
        assert!(
            !may_break([0, 1, 0], [0, 1, 1])
                && !may_break([1, 0, 0], [1, 1, 0])
                && !may_break([1, 0, 0], [1, 0, 0])
        );
        assert_eq!(version("1.2.3"), Some([1, 2, 3]));
        assert_eq!((version("1.2"), version("1.2.3.4"), version("x.y.z")), (None, None, None));
    }

    #[test]
    fn a_listed_change_is_of_this_version() {
        let text = "# Changes\n## 0.2.0\n- `A.b`: why\n## 0.1.0 (not yet)\n- `C`: gone\n";
        assert_eq!(listed(text, "0.1.0"), ["C"]);
        assert_eq!(listed(text, "0.2.0"), ["A.b"]);
        assert!(listed(text, "1.0.0").is_empty());
    }

    #[test]
    fn only_a_draft_is_written_anew() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(format!("{RELEASED}/{}.json", schema::VERSION));
        release(root.path(), false).unwrap();
        assert!(is_draft(&read(&path).unwrap()));
        release(root.path(), false).unwrap();
        release(root.path(), true).unwrap();
        let out = fs::read(&path).unwrap();
        assert!(!is_draft(&read(&path).unwrap()));
        for last in [false, true] {
            let refused = release(root.path(), last).unwrap_err().to_string();
            assert!(refused.contains("is out and stays as it is"), "{refused}");
            assert_eq!(fs::read(&path).unwrap(), out);
        }
    }

    #[test]
    fn a_draft_is_compared_with_only_as_long_as_nothing_is_out() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join(RELEASED)).unwrap();
        let put = |version: &str, draft: bool| {
            let path = root.path().join(format!("{RELEASED}/{version}.json"));
            fs::write(path, json!({ DRAFT: draft }).to_string()).unwrap();
        };
        let newest = || last(root.path()).unwrap().map(|(version, _)| version);
        assert_eq!(newest(), None);
        put("0.1.0", true);
        put("0.2.0", true);
        assert_eq!(newest(), Some([0, 2, 0]));
        put("0.1.0", false);
        assert_eq!(newest(), Some([0, 1, 0]), "0.2.0 is not out yet");
        put("0.2.0", false);
        assert_eq!(newest(), Some([0, 2, 0]));
    }

    #[test]
    fn a_planted_change_of_a_route_or_a_type_is_judged() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join(RELEASED)).unwrap();
        fs::write(root.path().join(CHANGES), "").unwrap();
        let said = |plant: fn(&mut Value)| {
            let mut old = today();
            plant(&mut old);
            let path = root.path().join(format!("{RELEASED}/{}.json", schema::VERSION));
            fs::write(path, old.to_string()).unwrap();
            let mut out = Vec::new();
            let good = check(root.path(), &mut out).unwrap();
            (good, String::from_utf8(out).unwrap())
        };
        assert_eq!(said(|_| {}), (true, String::new()));
        let (good, text) = said(|old| old["x-lia-routes"]["POST /api/v1/tasks"]["request"] = json!("Other"));
        assert!(
            !good && text.starts_with("BREAKS OLD CLIENTS: POST /api/v1/tasks: the body changed"),
            "{text}"
        );
        let (good, text) = said(|old| {
            old["$defs"]["CreateTaskRequest"]["properties"]["prompt"]["maxLength"] = json!(1_u64 << 40)
        });
        assert!(!good && text.contains("CreateTaskRequest.prompt: the limit maxLength changed"), "{text}");
    }
}
