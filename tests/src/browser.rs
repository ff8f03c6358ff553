//! A real browser without a window, driven through its debugging protocol on two pipes: no port, and nothing that is
//! not in Debian's `chromium` package. What a test does goes the way of a person's hands: mouse and keys.

use std::{
    io::{self, BufRead as _, BufReader, PipeReader, PipeWriter, Write as _},
    os::fd::AsRawFd as _,
    process::Stdio,
    time::Duration,
};

use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    sync::mpsc,
    time::{Instant, timeout_at},
};

/// Longer than anything here takes; only a defect reaches it.
const PATIENCE: Duration = Duration::from_secs(120);

/// Keeps it from everything but this machine, and from all that it does by itself.
const FLAGS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-breakpad",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-proxy-server",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--window-size=1000,800",
    "--remote-debugging-pipe",
    // A page of its own making would still be on its way to its address, and might end the way to ours.
    "--no-startup-window",
];

/// A browser with one page. Dropping it ends it.
pub struct Browser {
    child: Child,
    profile: TempDir,
    write: PipeWriter,
    messages: mpsc::UnboundedReceiver<Value>,
    session: Option<String>,
    calls: u64,
    /// Scripts that failed and what the page's policy refused, since the start.
    pub complaints: Vec<String>,
}

impl Browser {
    /// Starts it with an empty profile.
    ///
    /// # Errors
    /// When it is not installed (`scripts/setup-test.sh` installs it) or does not start.
    pub async fn start() -> anyhow::Result<Self> {
        let profile = tempfile::Builder::new().prefix("lia-browser-").tempdir()?;
        let (theirs_in, write) = io::pipe()?;
        let (read, theirs_out) = io::pipe()?;
        let mut command = Command::new("/usr/bin/chromium");
        command
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", profile.path())
            .env("LANG", "C.UTF-8")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(std::fs::File::create(profile.path().join("stderr"))?)
            .process_group(0);
        let fds = [(theirs_in.as_raw_fd(), 3), (theirs_out.as_raw_fd(), 4)];
        // SAFETY: only dup calls run between fork and exec.
        unsafe {
            command.pre_exec(move || {
                // Out of the way first: one may have the number that the other is to get.
                let high = fds.map(|(fd, _)| libc::fcntl(fd, libc::F_DUPFD, 100));
                for (from, (_, to)) in high.iter().zip(&fds) {
                    if libc::dup2(*from, *to) < 0 {
                        return Err(io::Error::last_os_error());
                    }
                    libc::close(*from);
                }
                Ok(())
            });
        }
        let child = command.spawn().context("chromium (scripts/setup-test.sh installs it)")?;
        drop((theirs_in, theirs_out));
        let (sender, messages) = mpsc::unbounded_channel();
        std::thread::spawn(move || read_messages(read, &sender));
        let mut browser =
            Self { child, profile, write, messages, session: None, calls: 0, complaints: Vec::new() };
        browser.attach().await.with_context(|| browser.stderr())?;
        Ok(browser)
    }

    fn stderr(&self) -> String {
        std::fs::read_to_string(self.profile.path().join("stderr")).unwrap_or_default()
    }

    async fn attach(&mut self) -> anyhow::Result<()> {
        let page = self.call("Target.createTarget", json!({ "url": "about:blank" })).await?;
        let attached = self
            .call("Target.attachToTarget", json!({ "targetId": page["targetId"], "flatten": true }))
            .await?;
        self.session = Some(attached["sessionId"].as_str().context("sessionId")?.to_owned());
        for domain in ["Page", "Runtime", "Log"] {
            self.call(&format!("{domain}.enable"), json!({})).await?;
        }
        Ok(())
    }

    /// Calls a method of the protocol.
    async fn call(&mut self, method: &str, params: Value) -> anyhow::Result<Value> {
        self.calls += 1;
        let mut call = json!({ "id": self.calls, "method": method, "params": params });
        if let Some(session) = &self.session {
            call["sessionId"] = json!(session);
        }
        let mut bytes = call.to_string().into_bytes();
        bytes.push(0);
        self.write.write_all(&bytes).context("the browser is gone")?;
        let until = Instant::now() + PATIENCE;
        loop {
            let next = timeout_at(until, self.messages.recv()).await;
            let mut message =
                next.with_context(|| format!("no answer to {method}"))?.context("the browser is gone")?;
            if message["id"] == self.calls {
                if message["error"].is_object() {
                    bail!("{method}: {}", message["error"]["message"]);
                }
                return Ok(message["result"].take());
            }
            self.note(&message);
        }
    }

    fn note(&mut self, event: &Value) {
        let params = &event["params"];
        match event["method"].as_str() {
            Some("Runtime.exceptionThrown") => self.complaints.push(params["exceptionDetails"].to_string()),
            Some("Log.entryAdded") if params["entry"]["source"] == "security" => {
                self.complaints.push(params["entry"]["text"].to_string());
            }
            _ => {}
        }
    }

    /// Opens an address and returns when its document is there.
    ///
    /// # Errors
    /// When it does not open.
    pub async fn open(&mut self, url: &str) -> anyhow::Result<()> {
        let opened = self.call("Page.navigate", json!({ "url": url })).await?;
        ensure!(opened["errorText"].is_null(), "{url}: {}", opened["errorText"]);
        Ok(())
    }

    /// The value of an expression, awaited when it is a promise.
    ///
    /// # Errors
    /// When it throws.
    pub async fn value(&mut self, expression: &str) -> anyhow::Result<Value> {
        let params = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut got = self.call("Runtime.evaluate", params).await?;
        ensure!(got["exceptionDetails"].is_null(), "{expression}: {}", got["exceptionDetails"]);
        Ok(got["result"]["value"].take())
    }

    /// Waits until an expression is true, looking again whenever the document changes.
    ///
    /// # Errors
    /// When it does not become so; tells what the page says then.
    pub async fn see(&mut self, what: &str, expression: &str) -> anyhow::Result<()> {
        let promise = format!(
            "new Promise(seen => {{
                const look = () => {{ if ({expression}) {{ changes.disconnect(); clearTimeout(end); seen(true); }} }};
                const changes = new MutationObserver(look);
                const end = setTimeout(() => {{ changes.disconnect(); seen(false); }}, {});
                changes.observe(document, {{ subtree: true, childList: true, characterData: true, attributes: true }});
                look();
            }})",
            PATIENCE.as_millis() / 2
        );
        let until = Instant::now() + PATIENCE;
        loop {
            match self.value(&promise).await {
                Ok(Value::Bool(true)) => return Ok(()),
                // Another document has come meanwhile: look there.
                Err(e) if Instant::now() < until && is_of_another_document(&e) => {}
                Ok(_) => break,
                Err(e) => return Err(e.context(format!("while waiting for {what}"))),
            }
        }
        let text = self.value("location.href + '\\n' + document.body.innerText").await?;
        bail!("{what} cannot be seen; the page says:\n{}", text.as_str().unwrap_or_default())
    }

    /// Clicks in the middle of the element that an expression gives, once it is there.
    ///
    /// # Errors
    /// When it does not come.
    pub async fn click(&mut self, what: &str, element: &str) -> anyhow::Result<()> {
        self.see(what, &format!("{element}?.getClientRects().length && !{element}.disabled")).await?;
        let place = self
            .value(&format!(
                "(() => {{ const e = {element}; e.scrollIntoView({{ block: 'center' }});
                const r = e.getClientRects()[0]; return [r.x + r.width / 2, r.y + r.height / 2]; }})()"
            ))
            .await?;
        for kind in ["mousePressed", "mouseReleased"] {
            let params =
                json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", params).await?;
        }
        Ok(())
    }

    /// Types into what has the focus.
    ///
    /// # Errors
    /// When the browser is gone.
    pub async fn write(&mut self, text: &str) -> anyhow::Result<()> {
        self.call("Input.insertText", json!({ "text": text })).await.map(drop)
    }

    /// The Enter key.
    ///
    /// # Errors
    /// When the browser is gone.
    pub async fn enter(&mut self) -> anyhow::Result<()> {
        let key = json!({ "key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r" });
        for kind in ["keyDown", "keyUp"] {
            let mut params = key.clone();
            params["type"] = json!(kind);
            self.call("Input.dispatchKeyEvent", params).await?;
        }
        Ok(())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its helpers are of its process group.
        if let Some(pid) = self.child.id().and_then(|p| i32::try_from(p).ok()) {
            let _ =
                nix::sys::signal::killpg(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
        }
    }
}

fn is_of_another_document(e: &anyhow::Error) -> bool {
    let text = e.to_string();
    ["navigated", "context was destroyed", "Cannot find context", "Cannot find default execution context"]
        .iter()
        .any(|known| text.contains(known))
}

fn read_messages(read: PipeReader, to: &mpsc::UnboundedSender<Value>) {
    for message in BufReader::new(read).split(0) {
        let Ok(Ok(message)) = message.map(|m| serde_json::from_slice(&m)) else { return };
        if to.send(message).is_err() {
            return;
        }
    }
}
