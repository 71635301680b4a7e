//! Memory and CPU of this process, as Prometheus' client libraries name them.

use metrics::{counter, describe_counter, describe_gauge, gauge};

/// Linux counts CPU time in hundredths of a second towards user space on every architecture (`USER_HZ`).
const TICKS_PER_SECOND: u64 = 100;

/// Records resident memory and CPU time from `/proc`; where there is none, records nothing.
pub(super) fn record() {
    describe_gauge!("process_resident_memory_bytes", "Resident memory of the process in bytes");
    describe_counter!("process_cpu_seconds_total", "User and system CPU time of the process in whole seconds");
    if let Some(bytes) = std::fs::read_to_string("/proc/self/status").ok().as_deref().and_then(resident_bytes) {
        #[allow(clippy::cast_precision_loss)] // exact up to 9 PB
        gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
    if let Some(ticks) = std::fs::read_to_string("/proc/self/stat").ok().as_deref().and_then(cpu_ticks) {
        counter!("process_cpu_seconds_total").absolute(ticks / TICKS_PER_SECOND);
    }
}

fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// User plus system time: the 12th and 13th field behind the program's name, which may itself hold spaces.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    user.checked_add(system)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proc_is_understood() {
        assert_eq!(resident_bytes("Name:\tx\nVmRSS:\t    2048 kB\nThreads:\t1\n"), Some(2_097_152));
        assert_eq!(resident_bytes("Name:\tx\n"), None);
        let stat = "42 (a ) b) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0";
        assert_eq!(cpu_ticks(stat), Some(300));
        assert_eq!(cpu_ticks("nonsense"), None);
    }
}
