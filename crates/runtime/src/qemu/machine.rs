//! QEMU's arguments, and its process.

use std::{
    ffi::OsString,
    fs::File,
    io,
    os::{fd::AsRawFd as _, unix::net::UnixListener},
    path::Path,
    process::Stdio,
};

use rustix::thread::UnshareFlags;
use tokio::process::{Child, Command};

use super::{Accel, Machine};
use crate::local::spawn::close_all_but;

/// The port's name inside; the sidecar looks for it.
const PORT: &str = "lia.0";

/// What a machine is made of. Paths are seen from its folder, where it runs.
pub(super) struct Plan<'a> {
    pub program: &'a Path,
    pub accel: &'a Accel,
    pub machine: Machine,
    pub kernel: &'a Path,
    pub initrd: &'a str,
    /// Where the serial port is dialled.
    pub listener: UnixListener,
    pub memory_mb: u32,
    pub cpus: u32,
}

impl Plan<'_> {
    fn arguments(&self) -> Vec<OsString> {
        // Without ACPI a distribution's kernel finds no virtio device of a microvm.
        let (machine, serial) = match self.machine {
            Machine::Microvm => ("microvm,acpi=on,rtc=on", "virtio-serial-device"),
            Machine::Q35 => ("q35", "virtio-serial-pci"),
        };
        let mut append = "console=ttyS0 reboot=t panic=-1 quiet".to_owned();
        let (accel, cpu) = match self.accel {
            Accel::Kvm => ("kvm", "host"),
            Accel::Tcg { tsc_khz } => {
                // A microvm has no clock to calibrate by: the kernel would wait for ever.
                if self.machine == Machine::Microvm {
                    append += &format!(" tsc_early_khz={tsc_khz}");
                }
                ("tcg", "max")
            }
        };
        append += " -- --vm";
        let mut args: Vec<OsString> =
            ["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot"].map(OsString::from).to_vec();
        let mut add = |name: &str, value: OsString| args.extend([name.into(), value]);
        add("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny".into());
        add("-M", machine.into());
        add("-accel", accel.into());
        add("-cpu", cpu.into());
        add("-m", self.memory_mb.to_string().into());
        add("-smp", self.cpus.to_string().into());
        add("-kernel", self.kernel.into());
        add("-initrd", self.initrd.into());
        add("-append", append.into());
        add("-serial", "file:console.log".into());
        add("-chardev", format!("socket,id=c0,fd={},server=on,wait=off", self.listener.as_raw_fd()).into());
        add("-device", serial.into());
        add("-device", format!("virtserialport,chardev=c0,name={PORT}").into());
        args
    }

    /// Starts QEMU in `folder`, in a session and an empty network of its own, without any right of ours over the host but
    /// that to its files.
    pub fn spawn(&self, folder: &Path, log: File) -> io::Result<Child> {
        let mut command = Command::new(self.program);
        command
            .args(self.arguments())
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .kill_on_drop(false);
        let listener = self.listener.as_raw_fd();
        let before_exec = move || {
            rustix::process::setsid()?;
            // SAFETY: the child is a single thread that shares nothing with others after `fork`.
            unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWUSER | UnshareFlags::NEWNET) }?;
            rustix::thread::set_no_new_privs(true)?;
            close_all_but(&[listener])
        };
        // SAFETY: the closure makes system calls only; it neither allocates nor takes a lock.
        unsafe { command.pre_exec(before_exec) };
        command.spawn()
    }
}
