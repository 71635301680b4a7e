//! Reading topics: from given offsets, all partitions, without being a member of a group.

mod decode;
mod reader;

pub use decode::{Decoding, Taken, record};
pub use reader::{Batch, Outcomes, Plan, Reach, Reader, TopicPartition};
