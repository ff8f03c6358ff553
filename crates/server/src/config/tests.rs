use super::*;

fn options(files: &[(&str, &str)], env: &[(&str, &str)]) -> (tempfile::TempDir, LoadOptions) {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(dir.path().join(name), text).unwrap();
    }
    let env = env.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let options = LoadOptions { cwd: dir.path().into(), env, ..LoadOptions::default() };
    (dir, options)
}

fn problems(files: &[(&str, &str)], env: &[(&str, &str)]) -> String {
    let (_dir, o) = options(files, env);
    Config::load(&o).unwrap_err().to_string()
}

#[test]
fn the_seeds_keys_have_the_seeds_defaults() {
    let (_dir, o) = options(&[], &[]);
    let c = Config::load(&o).unwrap();
    assert_eq!(c.server.port.get(), 3000);
    assert_eq!((c.vm.idle_timeout_minutes.get(), c.vm.default_storage_gb.get()), (30, 50));
    assert_eq!(c.server.host.0, "127.0.0.1");
    assert!(c.database.url.is_none() && c.claude.api_key.is_none());
    assert_eq!(c.database_path(), c.data_dir().join("lia.db"));
}

#[test]
fn the_example_starts_as_it_is() {
    let (_dir, o) = options(&[(".env", &generate::env_example())], &[]);
    assert!(Config::load(&o).unwrap().sources.is_empty());
    // And with every comment taken away, each default is allowed where there is one.
    let text: String = generate::env_example()
        .lines()
        .filter_map(|l| l.strip_prefix("#LIA__"))
        .map(|l| format!("LIA__{l}\n"))
        .collect();
    let (_dir, o) = options(&[(".env", &text)], &[]);
    let c = Config::load(&o).unwrap();
    assert!(c.sources.contains_key("server.port") && !c.sources.contains_key("claude.api_key"));
}

#[test]
fn higher_sources_win_and_are_named() {
    let toml =
        "[server]\nport = 1\nhost = \"::1\"\n[vm]\nidle_timeout_minutes = 5\n[agents.env]\nFOO = \"bar\"\n";
    let (_dir, mut o) = options(
        &[
            ("lia.toml", toml),
            (".env", "LIA__SERVER__PORT=2\nLIA__ISOLATION__REQUIRE=seccomp, landlock\nTOKEN=x"),
        ],
        &[("LIA__SERVER__PORT", "3"), ("LIA_TOKEN", "not ours"), ("LIA__LOG__FORMAT", "")],
    );
    o.set = vec![("vm.idle_timeout_minutes".into(), "9".into())];
    let c = Config::load(&o).unwrap();
    assert_eq!((c.server.port.get(), c.vm.idle_timeout_minutes.get()), (3, 9));
    assert_eq!(c.isolation.require.0, ["seccomp", "landlock"]);
    assert_eq!(c.agent_env["FOO"], "bar");
    let source = |key: &str| c.shown().into_iter().find(|s| s.key == key).unwrap().source.to_string();
    assert_eq!(source("server.port"), "LIA__SERVER__PORT");
    assert_eq!(source("server.host"), "lia.toml:3");
    assert_eq!(source("isolation.require"), ".env:2");
    assert_eq!(source("vm.idle_timeout_minutes"), "--set");
    assert_eq!(source("log.format"), "default");
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    let text = problems(
        &[("lia.toml", "[server]\nprot = 1\nport = \"3000\"\n[sever]\nx = 1\n")],
        &[("LIA__VM__IDLE_TIMEOUT", "5")],
    );
    assert!(
        text.contains("server.prot (lia.toml:2): there is no such key; did you mean server.port?"),
        "{text}"
    );
    assert!(
        text.contains(
            "server.port (lia.toml:3): \"3000\" is not allowed; allowed is a whole number from 0 to 65535"
        ),
        "{text}"
    );
    assert!(
        text.contains("sever.x (lia.toml:5)") && text.contains("Sections are server, database"),
        "{text}"
    );
    assert!(
        text.contains("vm.idle_timeout (LIA__VM__IDLE_TIMEOUT)")
            && text.contains("did you mean vm.idle_timeout_minutes?"),
        "{text}"
    );
    let text = problems(&[(".env", "\nLIA__DATABASE__URL=postgres://lia:pw@localhost/lia")], &[]);
    assert!(
        text.contains("database.url (.env:2): PostgreSQL comes with a later release") && !text.contains("pw"),
        "{text}"
    );
    let text = problems(&[], &[("LIA__CLAUDE__API_KEY", "a key"), ("LIA__VM__DEFAULT_MEMORY_MB", "99999")]);
    assert!(!text.contains("a key\"") && text.contains("vm.max_memory_mb (default)"), "{text}");
    for (key, bad) in [
        ("LIA__SERVER__HOST", "a b"),
        ("LIA__SERVER__PORT", "65536"),
        ("LIA__SERVER__PORT", "-1"),
        ("LIA__SERVER__WEB_URL", "lia.example.com"),
        ("LIA__SERVER__WEB_URL", "https://x/path"),
        ("LIA__DATABASE__URL", "mysql://x"),
        ("LIA__LOG__LEVEL", "lia=loud"),
        ("LIA__LOG__FORMAT", "xml"),
        ("LIA__ISOLATION__NESTED", "yes"),
        ("LIA__PROVIDERS__OTHER__API_KEY", "x"),
        ("LIA__PROVIDERS__OPENAI__BASE_URL", "x"),
        ("LIA__AGENTS__ENV__LD_PRELOAD", "x"),
        ("LIA__SERVER", "x"),
        ("LIA__TASKS__DEFAULT_TEMPLATE", "a b"),
    ] {
        assert!(problems(&[], &[(key, bad)]).contains(key), "{key}={bad}");
    }
}

#[test]
fn claude_is_an_alias_of_anthropic() {
    let key = |c: &Config| c.providers["anthropic"].api_key.as_ref().unwrap().expose().to_owned();
    let (_dir, o) = options(&[("lia.toml", "[claude]\napi_key = \"k1\"")], &[]);
    let c = Config::load(&o).unwrap();
    assert_eq!(key(&c), "k1");
    let line = c.shown().into_iter().find(|s| s.key == "providers.anthropic.api_key").unwrap();
    assert_eq!((line.value.as_str(), line.source.to_string().as_str()), ("set", "lia.toml:2"));
    let (_dir, o) = options(
        &[("lia.toml", "[claude]\napi_key = \"k1\"")],
        &[("LIA__PROVIDERS__ANTHROPIC__API_KEY", "k1")],
    );
    assert_eq!(key(&Config::load(&o).unwrap()), "k1");
    let text = problems(
        &[("lia.toml", "[claude]\napi_key = \"k1\"")],
        &[("LIA__PROVIDERS__ANTHROPIC__API_KEY", "k2")],
    );
    assert!(
        text.contains(
            "claude.api_key (lia.toml:2): providers.anthropic.api_key (LIA__PROVIDERS__ANTHROPIC__API_KEY)"
        ),
        "{text}"
    );
}

#[test]
fn a_key_may_lie_in_a_file() {
    let (_dir, o) =
        options(&[("k", "secret-key\n"), ("lia.toml", "[providers.openai]\napi_key_file = \"k\"")], &[]);
    let c = Config::load(&o).unwrap();
    assert_eq!(c.providers["openai"].api_key.as_ref().unwrap().expose(), "secret-key");
    assert!(!format!("{c:?}{:?}", c.shown()).contains("secret-key"));
    let text = problems(&[("lia.toml", "[providers.openai]\napi_key_file = \"none\"")], &[]);
    assert!(text.contains("providers.openai.api_key_file (lia.toml:2): none: No such file"), "{text}");
}
