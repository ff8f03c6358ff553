//! What makes the guest fast on this host, and why: KVM where it can really run one, else emulation.
//!
//! That `/dev/kvm` is there, and even that it makes a machine, proves nothing: on hosts that are guests themselves it may be
//! unable to boot a kernel.

use std::{fs, path::Path, time::Instant};

/// What runs the guest's instructions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Accel {
    /// The processor.
    Kvm,
    /// QEMU's translator. The guest has no clock to measure the processor's by and must be told.
    Tcg {
        /// The host's time stamp counter, in kHz.
        tsc_khz: u64,
    },
}

impl Accel {
    /// As QEMU names it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Kvm => "kvm",
            Self::Tcg { .. } => "tcg",
        }
    }
}

/// What was looked at.
#[derive(Clone, Debug, Default)]
pub(super) struct Signs {
    /// Whether `/dev/kvm` could be opened for writing, or why not.
    pub device: Option<Result<(), String>>,
    /// The processor's flags.
    pub flags: String,
    /// Whether the host's own hypervisor stands in for the processor.
    pub pvm: bool,
}

impl Signs {
    pub fn look() -> Self {
        let device = Path::new("/dev/kvm");
        let opened = fs::OpenOptions::new().read(true).write(true).open(device);
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        Self {
            device: device.exists().then(|| opened.map(drop).map_err(|e| e.to_string())),
            flags: cpu.lines().find(|l| l.starts_with("flags")).unwrap_or_default().to_owned(),
            pvm: Path::new("/sys/module/kvm_pvm").exists(),
        }
    }

    /// Whether KVM is used, and why (not).
    pub fn judge(&self) -> (bool, String) {
        let flag = self.flags.split_ascii_whitespace().find(|f| matches!(*f, "vmx" | "svm"));
        match (&self.device, flag) {
            (None, _) => (false, "there is no /dev/kvm".into()),
            (Some(Err(e)), _) => (false, format!("/dev/kvm cannot be opened: {e}")),
            (Some(Ok(())), _) if self.pvm => {
                (false, "/dev/kvm is kvm_pvm's, which cannot boot a distribution's kernel".into())
            }
            (Some(Ok(())), None) => (
                false,
                "the processor shows neither vmx nor svm, so that /dev/kvm has no hardware below it".into(),
            ),
            (Some(Ok(())), Some(flag)) => {
                (true, format!("/dev/kvm can be opened and the processor has {flag}"))
            }
        }
    }
}

/// The time stamp counter's rate, by the monotonic clock over some milliseconds. The clock that `/proc/cpuinfo` shows is the
/// present one of a core, not the counter's.
#[cfg(target_arch = "x86_64")]
pub(super) fn tsc_khz() -> u64 {
    const MEASURED: u128 = 20_000_000;
    // SAFETY: reads a register that every x86-64 processor has.
    let ticks = || unsafe { core::arch::x86_64::_rdtsc() };
    let (begun, first) = (Instant::now(), ticks());
    loop {
        let (passed, last) = (begun.elapsed().as_nanos(), ticks());
        if passed >= MEASURED {
            return u64::try_from(u128::from(last - first) * 1_000_000 / passed).unwrap_or(u64::MAX);
        }
        std::hint::spin_loop();
    }
}

/// Elsewhere there is none, and the guest does not ask.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn tsc_khz() -> u64 {
    let _ = Instant::now();
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_device_alone_proves_nothing() {
        let good = Signs { device: Some(Ok(())), flags: "flags : fpu svm".into(), pvm: false };
        assert!(good.judge().0);
        for (signs, word) in [
            (Signs { device: None, ..good.clone() }, "no /dev/kvm"),
            (Signs { device: Some(Err("denied".into())), ..good.clone() }, "denied"),
            (Signs { flags: "flags : fpu svmx".into(), ..good.clone() }, "neither"),
            (Signs { pvm: true, ..good.clone() }, "kvm_pvm"),
        ] {
            let (used, why) = signs.judge();
            assert!(!used && why.contains(word), "{signs:?}: {why}");
        }
    }

    #[test]
    fn the_counter_ticks_the_same_twice() {
        let (a, b) = (tsc_khz(), tsc_khz());
        assert!(a > 500_000 && a.abs_diff(b) < a / 100, "{a} {b}");
    }
}
