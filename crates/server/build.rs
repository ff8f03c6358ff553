//! What browsers are given, put into the program: the built web UI, and the two files that the API reference needs.

use std::{
    env,
    error::Error,
    fmt::Write as _,
    fs, io,
    path::{Path, PathBuf},
};

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED as ZIP;

const FILES: [&str; 2] = ["swagger-ui-bundle.js", "swagger-ui.css"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(env::var("OUT_DIR")?);
    for name in FILES {
        let gzip = gzip(name).ok_or_else(|| format!("Swagger UI's archive has no dist/{name}"))?;
        fs::write(out.join(format!("{name}.gz")), gzip)?;
    }
    web_ui(&Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../../packages/web-ui/dist"), &out)?;
    Ok(())
}

/// Writes the table of the web UI's files, empty where it was not built: `scripts/web-ui.sh` builds it. A file with
/// `.gz` or `.br` after its name is the one before it, compressed.
fn web_ui(dist: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    // Cargo runs this again at every build as long as what it is to watch is not there.
    if !dist.exists() {
        fs::create_dir_all(dist)?;
    }
    println!("cargo::rerun-if-changed={}", dist.display());
    let mut names = Vec::new();
    if dist.join("index.html").exists() {
        list(dist, "", &mut names)?;
        names.sort();
    }
    let mut table = String::from("&[\n");
    for name in names.iter().filter(|n| !n.ends_with(".gz") && !n.ends_with(".br")) {
        let bytes = |name: &str| format!("include_bytes!({:?})", dist.join(name));
        let packed = |end: &str| match format!("{name}{end}") {
            packed if names.contains(&packed) => format!("Some({})", bytes(&packed)),
            _ => "None".to_owned(),
        };
        let (gzip, brotli) = (packed(".gz"), packed(".br"));
        writeln!(
            table,
            "File {{ name: {name:?}, plain: {}, gzip: {gzip}, brotli: {brotli} }},",
            bytes(name)
        )?;
    }
    table.push(']');
    fs::write(out.join("web-ui.rs"), table)?;
    Ok(())
}

/// The files below a folder, by their paths from it; none that begins with a dot.
fn list(root: &Path, below: &str, names: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        match entry.file_type()?.is_dir() {
            true => list(root, &format!("{name}/"), names)?,
            false if entry.file_name().as_encoded_bytes().starts_with(b".") => {}
            false => names.push(name),
        }
    }
    Ok(())
}

fn number(at: usize, bytes: usize) -> Option<usize> {
    let field = ZIP.get(at..at + bytes)?;
    Some(field.iter().rev().fold(0, |n, b| n << 8 | usize::from(*b)))
}

/// A file of the archive's `dist/` (ZIP, APPNOTE 4.3: central directory and local headers) as a gzip file (RFC 1952): as
/// it is compressed there, with the head and tail that make a deflate stream one.
fn gzip(wanted: &str) -> Option<Vec<u8>> {
    let end = ZIP.windows(4).rposition(|w| w == b"PK\x05\x06")?;
    let (entries, mut at) = (number(end + 10, 2)?, number(end + 16, 4)?);
    for _ in 0..entries {
        let (name_len, extra, comment) = (number(at + 28, 2)?, number(at + 30, 2)?, number(at + 32, 2)?);
        let name = ZIP.get(at + 46..at + 46 + name_len)?;
        if name.ends_with(format!("/dist/{wanted}").as_bytes()) {
            let (method, size, local) = (number(at + 10, 2)?, number(at + 20, 4)?, number(at + 42, 4)?);
            let start = local + 30 + number(local + 26, 2)? + number(local + 28, 2)?;
            let mut gzip = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255];
            gzip.extend(ZIP.get(start..start + size).filter(|_| method == 8)?);
            // The checksum and the size before compression; both formats have the same.
            gzip.extend(ZIP.get(at + 16..at + 20)?);
            gzip.extend(ZIP.get(at + 24..at + 28)?);
            return Some(gzip);
        }
        at += 46 + name_len + extra + comment;
    }
    None
}
