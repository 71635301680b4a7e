//! The bank that is measured: its processes, its database's log, its disk, and the machine under it.

mod cgroup;
mod disk;
mod machine;
mod part;
mod place;
mod processes;
mod sampler;
mod wal;

pub use disk::{SyncTimes, durations_us, microseconds};
pub use machine::Machine;
pub use part::Stopped;
pub use place::Place;
pub use processes::{Costs, Usage, cpu_seconds, memory_kib};
pub use sampler::Sampler;
pub use wal::{Wal, WalReader};
