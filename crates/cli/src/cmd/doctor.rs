//! `doctor`: what this machine needs, what it has, and how to mend the rest.

use std::process::ExitCode;

use anyhow::Result;
use lia_client::Client;
use lia_runtime::{
    Runtime as _,
    local::{Check, Local, LocalOptions},
    qemu::{Qemu, QemuOptions},
};
use lia_server::config::{Config, value::Driver};
use serde_json::json;

use crate::{context::Cx, local, text::line, ui::Style};

/// `lia doctor`
pub async fn doctor(cx: &Cx) -> Result<ExitCode> {
    let mut checks = Vec::new();
    if cx.global.url.is_none() {
        match local::config(&cx.global, &[]) {
            Ok(config) => {
                checks.push(good("configuration", format!("data in {}", config.data_dir().display())));
                checks.extend(host(&config).await);
            }
            Err(e) => checks.push(bad(
                "configuration",
                true,
                format!("{e:#}"),
                "mend what is named; `lia config` shows every key",
            )),
        }
    }
    match cx.client() {
        Ok(client) => server(&client, &mut checks).await,
        Err(e) => checks.push(bad(
            "server",
            false,
            format!("{e:#}"),
            "start it with `lia serve`, or name it with --url",
        )),
    }
    let failed = checks.iter().any(|c| c.required && !c.ok);
    if cx.ui.json {
        let one = |c: &Check| json!({"name": c.name, "ok": c.ok, "required": c.required, "detail": c.detail, "mend": c.mend});
        cx.ui.json(&checks.iter().map(one).collect::<Vec<_>>())?;
    } else {
        print(cx, &checks)?;
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn print(cx: &Cx, checks: &[Check]) -> Result<()> {
    let width = checks.iter().map(|c| c.name.chars().count()).max().unwrap_or(0);
    for c in checks {
        let (style, word) = match (c.ok, c.required) {
            (true, _) => (Style::Green, "ok     "),
            (false, true) => (Style::Red, "missing"),
            (false, false) => (Style::Yellow, "without"),
        };
        cx.ui.line(format!(
            "{}  {:width$}  {}",
            cx.ui.paint(style, word),
            line(&c.name, 60),
            line(&c.detail, 400)
        ))?;
        if let Some(mend) = c.mend.as_ref().filter(|_| !c.ok) {
            cx.ui.line(format!(
                "{}  {:width$}  {}",
                "       ",
                "",
                cx.ui.paint(Style::Bold, &format!("→ {}", line(mend, 400)))
            ))?;
        }
    }
    let missing = checks.iter().filter(|c| c.required && !c.ok).count();
    match missing {
        0 => cx.ui.note("nothing that is needed is missing"),
        n => cx.ui.note(&format!("{n} of the things that are needed are missing")),
    }
    Ok(())
}

/// The host, looked at from a folder of our own: a running server has its own folder locked.
async fn host(config: &Config) -> Vec<Check> {
    let look = async {
        let dir = tempfile::Builder::new().prefix("lia-doctor-").tempdir()?;
        let sidecar = match &config.runtime.sidecar {
            Some(path) => path.clone(),
            None => std::env::current_exe()?.with_file_name("lia-sidecar"),
        };
        let mut options = LocalOptions::new(dir.path().join("runtime"), sidecar);
        options.bwrap.clone_from(&config.runtime.bwrap);
        options.nested = config.isolation.nested;
        options.warm = 0;
        let mut checks = Local::new(options).await?.doctor();
        checks.push(virtual_machines(config, dir.path()).await?);
        anyhow::Ok(checks)
    };
    match look.await {
        // The folder that was looked at is not the one that matters.
        Ok(checks) => checks.into_iter().filter(|c| c.name != "data-folder").collect(),
        Err(e) => {
            vec![bad("host", true, format!("{e:#}"), "run `lia doctor` as the user that runs the server")]
        }
    }
}

/// Whether virtual machines could be started, and what would run them.
async fn virtual_machines(config: &Config, dir: &std::path::Path) -> anyhow::Result<Check> {
    let image = config.runtime.image.clone().unwrap_or_else(|| config.data_dir().join("vm"));
    let info = Qemu::new(QemuOptions::new(dir.join("qemu"), "lia-sidecar", image)).await?.info().await;
    let required = config.runtime.driver == Driver::Qemu;
    let how = info.isolation.into_iter().find(|i| i.name == "kernel").map(|i| i.how).unwrap_or_default();
    Ok(match info.missing {
        None => good("qemu", how),
        Some(missing) => {
            bad("qemu", required, format!("not usable: {missing}; it would be {how}"), "see docs/install.md")
        }
    })
}

/// The server and what only it knows.
async fn server(client: &Client, checks: &mut Vec<Check>) {
    let at = client.base_url();
    match client.health().await {
        Ok(h) if h.status == "ok" => checks.push(good("server", format!("version {} at {at}", h.version))),
        Ok(h) => {
            let detail = format!("{at} says {}: {}", h.status, h.error.unwrap_or_default());
            checks.push(bad("server", true, detail, "look at the server's own log"));
        }
        Err(e) => return checks.push(bad("server", false, e.to_string(), "start it with `lia serve`")),
    }
    match client.me().await {
        Ok(me) => checks.push(good("token", format!("of {}", me.user_id))),
        Err(e) => {
            return checks.push(bad(
                "token",
                true,
                e.to_string(),
                "give one that works with --token or LIA_TOKEN",
            ));
        }
    }
    match client.templates().await {
        Ok(templates) => checks.extend(templates.into_iter().map(|t| {
            let name = format!("agent {}", t.name);
            match t.missing.filter(|_| !t.ready) {
                Some(missing) => Check {
                    name,
                    ok: false,
                    required: false,
                    detail: "cannot start yet".into(),
                    mend: Some(missing),
                },
                None => good(&name, t.version.unwrap_or_else(|| "can start".into())),
            }
        })),
        Err(e) => checks.push(bad("agents", false, e.to_string(), "")),
    }
}

fn good(name: &str, detail: String) -> Check {
    Check { name: name.into(), ok: true, required: true, detail, mend: None }
}

fn bad(name: &str, required: bool, detail: String, mend: &str) -> Check {
    let mend = (!mend.is_empty()).then(|| mend.to_owned());
    Check { name: name.into(), ok: false, required, detail, mend }
}
