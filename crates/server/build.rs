//! Takes the two files that the API reference needs out of Swagger UI's archive, compressed as they are there, and gives
//! each the head and tail that make a deflate stream a gzip file.

use std::{env, error::Error, fs, path::Path};

use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED as ZIP;

const FILES: [&str; 2] = ["swagger-ui-bundle.js", "swagger-ui.css"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = env::var("OUT_DIR")?;
    for name in FILES {
        let gzip = gzip(name).ok_or_else(|| format!("Swagger UI's archive has no dist/{name}"))?;
        fs::write(Path::new(&out).join(format!("{name}.gz")), gzip)?;
    }
    Ok(())
}

fn number(at: usize, bytes: usize) -> Option<usize> {
    let field = ZIP.get(at..at + bytes)?;
    Some(field.iter().rev().fold(0, |n, b| n << 8 | usize::from(*b)))
}

/// A file of the archive's `dist/` (ZIP, APPNOTE 4.3: central directory and local headers) as a gzip file (RFC 1952).
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
