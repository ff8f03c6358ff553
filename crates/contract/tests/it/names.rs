//! A pattern and the check beside it say the same: texts that are nearly right are taken or refused by both.

use lia_contract::registry;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::judge;

/// Whether Rust and JSON Schema agree on a request, and what they say.
fn agree(request: &Value) -> Result<bool, TestCaseError> {
    let entry = registry::find("CreateTaskRequest").expect("the type");
    let rust = (entry.round)(request.to_string().as_bytes());
    let schema = judge::refusals("CreateTaskRequest", request);
    prop_assert_eq!(rust.is_ok(), schema.is_empty(), "{}: {:?} {:?}", request, rust, schema);
    if let Err(issues) = &rust {
        prop_assert_eq!(&issues[0].path, &schema[0], "{}", request);
    }
    Ok(rust.is_ok())
}

fn request(field: &str, value: &Value) -> Value {
    json!({ "prompt": "p", "user_id": "u", field: value })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn file_names(name in r"[a.]{0,3}(/[a.\\\x00\x7f\u{85}é]{0,3}){0,3}") {
        agree(&request("files", &json!([{ "name": name, "content": "" }])))?;
    }

    #[test]
    fn slugs(name in r"[A-Za-z0-9._ä/-]{0,4}|[a]{62,66}") {
        agree(&request("template", &json!(name)))?;
    }

    #[test]
    fn variables(name in r"(LD_|L|[0-9A-Z_ä-])[A-Z0-9_ä-]{0,3}|[A]{126,130}", value in r"[a\x00]{0,2}") {
        agree(&request("env", &json!({ name: value })))?;
    }

    #[test]
    fn repositories(text in r"(https://|http://)?([a-z0-9.-]{1,4}|1\.2|0x1)(/[a.-]{0,3}|/~_){0,3}[?@:]?") {
        agree(&request("repositories", &json!([text])))?;
    }

    #[test]
    fn keys(key in r"(ssh-rsa|ssh-ed25519|ssh-dss|sk-ssh-ed25519@openssh.com)( ){0,2}[A-Za+/]{0,3}={0,3}( [a \x00]{0,2})?") {
        agree(&request("ssh_public_key", &json!(key)))?;
    }

    #[test]
    fn rules(rule in r"(tcp:)?(\*\.)?([a-z0-9-]{1,3}\.){0,2}(a|1|0x1)(:[0-9]{0,6})?") {
        agree(&request("allow", &json!([rule])))?;
    }
}
