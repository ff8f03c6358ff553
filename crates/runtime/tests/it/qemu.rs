//! A real virtual machine with the real sidecar: booted, dialled, asked to run a program, adopted by another runtime, killed.
//! One machine per test, since a boot takes seconds where it is emulated.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use lia_protocol::boot::{PORT_CONTROL, PORT_HOST_API};
use lia_runtime::{
    InstanceRecord, InstanceSpec, InstanceStatus, Runtime as _, RuntimeError,
    qemu::{Machine, Qemu, QemuOptions},
};
use rustix::process::{Pid, Signal, kill_process};
use tokio::time::timeout;

use crate::{
    real::agent_over,
    support::{Cleaner, MemoryLedger, lacks, open_over, sidecar, spec},
};

fn image() -> PathBuf {
    let image = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/vm");
    assert!(image.join("vmlinuz").exists(), "vm/build.sh makes {}", image.display());
    image
}

struct Host {
    qemu: Qemu,
    ledger: Arc<MemoryLedger>,
    options: QemuOptions,
    _dir: tempfile::TempDir,
    _cleaner: Cleaner,
}

impl Host {
    async fn new(machine: Machine) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = QemuOptions::new(dir.path().join("data"), sidecar(), image());
        options.machine = machine;
        let ledger = Arc::<MemoryLedger>::default();
        let cleaner = Cleaner(ledger.clone());
        Self {
            qemu: Qemu::new(options.clone()).await.unwrap(),
            ledger,
            options,
            _dir: dir,
            _cleaner: cleaner,
        }
    }

    async fn start(&self, spec: &InstanceSpec) -> InstanceRecord {
        self.qemu.start(spec.clone(), self.ledger.clone()).await.unwrap()
    }

    async fn sh(&self, record: &InstanceRecord, script: &str) -> (String, i32) {
        let stream = open_over(self.qemu.dial(record, PORT_CONTROL).await.unwrap()).await;
        agent_over(stream, script).await
    }
}

fn machine() -> InstanceSpec {
    let mut spec = spec();
    spec.config.max_memory_mb = 256;
    spec
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_boots_runs_a_program_outlives_its_runtime_and_is_killed() {
    let mut host = Host::new(Machine::Microvm).await;
    let info = host.qemu.info().await;
    assert!(info.available, "{info:?}");
    let kernel = info.isolation.iter().find(|i| i.name == "kernel").unwrap();
    if !kernel.how.contains("run by KVM") {
        assert!(kernel.how.contains("emulated"), "{kernel:?}");
        lacks("kvm", "qemu::a_machine_boots_runs_a_program_outlives_its_runtime_and_is_killed");
    }
    let agents = tempfile::tempdir().unwrap();
    std::fs::write(agents.path().join("hello"), "#!/bin/sh\necho hello from a file\n").unwrap();
    std::fs::set_permissions(
        agents.path().join("hello"),
        std::os::unix::fs::PermissionsExt::from_mode(0o755),
    )
    .unwrap();
    let mut spec = machine();
    spec.read_only = vec![(agents.path().to_owned(), "/opt/agents".into())];
    let record = host.start(&spec).await;
    assert_eq!(host.qemu.status(&record).await.unwrap(), InstanceStatus::Running);

    let script = "id -u; cat /proc/1/comm; uname -r; /opt/agents/hello; echo x >/workspace/f && cat /workspace/f; \
                  ls -A /lia /sys/class/net; cat /dev/vport* ; cat /init | wc -c; grep Seccomp: /proc/self/status; exit 3";
    let (out, code) = host.sh(&record, script).await;
    assert_eq!(code, 3, "{out}");
    let lines: Vec<_> = out.lines().map(str::trim).collect();
    assert_eq!(lines[..2], ["1000", "lia-init"], "the sidecar is not there: {out}");
    assert_ne!(lines[2], std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap().trim(), "{out}");
    assert_eq!(lines[3..5], ["hello from a file", "x"], "{out}");
    let rest = lines[5..].join("\n");
    assert!(rest.contains("/lia:\n\n/sys/class/net:\nlo\n"), "only loopback, and nothing of ours: {out}");
    assert!(rest.contains("Permission denied"), "the port is not the agent's: {out}");
    assert!(rest.ends_with("\n0\nSeccomp:\t2"), "{out}");

    // Suspended it stands still, and then goes on where it was.
    host.qemu.pause(&record).await.unwrap();
    host.qemu.pause(&record).await.unwrap();
    assert_eq!(host.qemu.status(&record).await.unwrap(), InstanceStatus::Paused);
    host.qemu.resume(&record).await.unwrap();
    assert_eq!(host.qemu.status(&record).await.unwrap(), InstanceStatus::Running);
    assert_eq!(host.sh(&record, "cat /workspace/f").await, ("x\r\n".into(), 0));

    // Another runtime, as after a restart of the server, with a connection that was cut under its streams.
    let _cut = host.qemu.dial(&record, PORT_HOST_API).await.unwrap();
    assert!(Qemu::new(host.options.clone()).await.is_err(), "the folder is taken");
    host.qemu.shutdown().await;
    drop(host.qemu);
    host.qemu = Qemu::new(host.options.clone()).await.unwrap();
    assert_eq!(host.qemu.sweep(&[record.id].into()).await.unwrap(), []);
    assert_eq!(host.qemu.status(&record).await.unwrap(), InstanceStatus::Running);
    assert_eq!(host.sh(&record, "cat /workspace/f").await, ("x\r\n".into(), 0));

    let pid = record.data["monitor"]["pid"].as_i64().unwrap() as i32;
    let ended = host.qemu.ended(&record);
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    timeout(Duration::from_secs(10), ended).await.expect("its end is heard of");
    assert!(matches!(host.qemu.status(&record).await.unwrap(), InstanceStatus::Gone { .. }));
    assert!(matches!(host.qemu.dial(&record, 5000).await, Err(RuntimeError::Gone(_))));
    host.qemu.delete(record.id, host.ledger.clone()).await.unwrap();
    host.qemu.delete(record.id, host.ledger.clone()).await.unwrap();
    assert_eq!(host.ledger.all(), []);
    assert_eq!(std::fs::read_dir(host.options.data_dir.join("instances")).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_pc_does_it_too_and_a_sweep_ends_what_nobody_knows() {
    let host = Host::new(Machine::Q35).await;
    let record = host.start(&machine()).await;
    assert_eq!(host.sh(&record, "echo booted").await, ("booted\r\n".into(), 0));
    // As if the server had died before it wrote down who runs there.
    let folder = host.options.data_dir.join("instances").join(record.id.to_string());
    std::fs::remove_file(folder.join("instance.json")).unwrap();
    assert_eq!(host.qemu.sweep(&[].into()).await.unwrap(), [record.id]);
    assert!(matches!(host.qemu.status(&record).await.unwrap(), InstanceStatus::Gone { .. }));
    assert!(!folder.exists());
}

#[tokio::test]
async fn what_is_missing_is_named_and_nothing_is_left() {
    let mut host = Host::new(Machine::Microvm).await;
    let refused = host.qemu.start(InstanceSpec { keep: true, ..machine() }, host.ledger.clone()).await;
    assert!(matches!(refused, Err(RuntimeError::Unsupported { .. })), "{refused:?}");
    host.qemu.shutdown().await;
    drop(host.qemu);
    let mut options = host.options.clone();
    options.program = Some("/bin/false".into());
    host.qemu = Qemu::new(options.clone()).await.unwrap();
    let failed = host.qemu.start(machine(), host.ledger.clone()).await.unwrap_err().to_string();
    assert!(failed.contains("QEMU ended: exit status: 1"), "{failed}");
    assert_eq!(host.ledger.all(), []);
    drop(host.qemu);
    options.image = "/nonexistent".into();
    host.qemu = Qemu::new(options).await.unwrap();
    let info = host.qemu.info().await;
    assert!(
        !info.available && info.missing.as_deref().is_some_and(|m| m.contains("vm/build.sh")),
        "{info:?}"
    );
}
